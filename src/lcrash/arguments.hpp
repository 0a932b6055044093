// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace alicia::lcrash {

/// A command's text behind its name, its options taken off.
struct Arguments {
  std::map<char, std::string> options;  ///< with the word of those that take one
  std::string_view text;                ///< behind the options, as typed
  std::vector<std::string> words;       ///< the same, cut at blanks outside quotes and parentheses

  bool has(char letter) const { return options.contains(letter); }
};

/// Takes the options off. `letters` as getopt has them: a colon follows those that take a word. With `lenient` what
/// begins with a dash and is no option begins the text: an expression may. Error: bad_argument.
Result<Arguments> parse_arguments(std::string_view text, std::string_view letters, bool lenient);

/// A number as lcrash reads it: hexadecimal where it begins with 0x or has one of the digits a to f, else decimal, also
/// behind a `#`. Nothing where it is none, or over 64 bits.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace alicia::lcrash

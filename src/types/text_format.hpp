// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace alicia::types {

/// Appends a character as gdb prints it: `112 'p'`.
void append_character(std::string& out, std::int64_t value);

struct TextLimits {
  std::size_t runs = 256;  ///< of equal characters; the rest is `...`
  std::size_t repeats = 0;
};

/// Appends text in quotes as gdb prints it, what is no printable ASCII as octal escapes: `"swapper/0", '\000' <repeats
/// 6 times>`. `cut` adds `...`: there is more.
void append_text(std::string& out, std::string_view text, bool cut, const TextLimits& limits);

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace alicia::types {

/// One token of a C declaration or member path. `punctuation` is a single character, or `->` or `...`.
struct Token {
  enum class Kind : std::uint8_t { end, word, number, punctuation };
  Kind kind = Kind::end;
  std::string_view text;
  std::uint64_t value = 0;  // numbers

  bool is(std::string_view wanted) const { return kind != Kind::number && kind != Kind::end && text == wanted; }
};

/// Reads C tokens one at a time. Errors: bad_argument for a character that is none of C's, or a number out of range.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Result<Token> next();

 private:
  Result<Token> number();
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace alicia::types

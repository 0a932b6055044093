// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace alicia::lcrash {

/// One token of an expression. Words may turn out to be hexadecimal numbers (`c049e000`).
struct Token {
  enum class Kind : std::uint8_t { end, word, number, punctuation };
  Kind kind = Kind::end;
  std::string_view text;
  std::uint64_t value = 0;    ///< numbers
  bool is_unsigned = false;   ///< numbers: with a `u` behind
  bool is_long = false;       ///< numbers: with an `l` behind
  bool is_decimal = false;    ///< numbers: others may be unsigned without saying so
  bool is_character = false;  ///< numbers: `'a'`
  std::size_t begin = 0;      ///< where it begins in the expression

  bool is(std::string_view wanted) const { return (kind == Kind::punctuation || kind == Kind::word) && text == wanted; }
};

/// Reads the tokens of an expression one at a time. Errors: bad_argument.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  Result<Token> next();
  std::size_t position() const { return at_; }
  /// To read on from there: a cast is read twice.
  void seek(std::size_t position) { at_ = position; }
  std::string_view text() const { return text_; }

 private:
  Result<Token> number();
  Result<Token> character();

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Whether all of a word are hexadecimal digits.
bool is_hexadecimal_word(std::string_view word);

}  // namespace alicia::lcrash

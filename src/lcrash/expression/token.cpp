// SPDX-License-Identifier: GPL-3.0-or-later
//
// lcrash's numbers are not all C's: any of the letters a to f makes a number hexadecimal, with or without 0x (an
// address may be typed as it was printed), and `#` makes it decimal.
#include "lcrash/expression/token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/escape.hpp"

namespace alicia::lcrash {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr auto kTwoLetters = std::to_array<std::string_view>({"->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||"});
constexpr std::string_view kOneLetter = "*&+-!~/%<>^|.()[]";

tl::unexpected<Error> no_number(std::string_view text) {
  return failure(ErrorCode::bad_argument, fmt::format("{} is no number", visible(text.substr(0, 80))));
}

}  // namespace

bool is_hexadecimal_word(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, is_hexadecimal);
}

Result<Token> Tokens::next() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
    ++at_;
  Token token;
  token.begin = at_;
  const std::string_view left = text_.substr(at_);
  if (left.empty()) return token;
  if (is_digit(left[0]) || left[0] == '#') return number();
  if (left[0] == '\'') return character();
  std::size_t length = 1;
  if (is_word(left[0])) {
    token.kind = Token::Kind::word;
    while (length < left.size() && (is_word(left[length]) || left[length] == '.')) {
      // `init.isra.0` is a symbol the compiler made; `a.b` is not.
      if (left[length] == '.' && !(length + 1 < left.size() && is_digit(left[length + 1]))) break;
      ++length;
    }
  } else {
    token.kind = Token::Kind::punctuation;
    if (std::ranges::any_of(kTwoLetters, [left](auto two) { return left.starts_with(two); })) {
      length = 2;
    } else if (kOneLetter.find(left[0]) == std::string_view::npos) {
      return failure(ErrorCode::bad_argument,
                     fmt::format("unexpected '{}' in {}", visible(left.substr(0, 1)), visible(text_.substr(0, 200))));
    }
  }
  token.text = left.substr(0, length);
  at_ += length;
  return token;
}

Result<Token> Tokens::number() {
  Token token;
  token.kind = Token::Kind::number;
  token.begin = at_;
  const bool decimal = text_[at_] == '#';
  std::size_t length = 1;
  while (at_ + length < text_.size() && is_word(text_[at_ + length]))
    ++length;
  token.text = text_.substr(at_, length);
  at_ += length;
  std::string_view digits = token.text.substr(decimal ? 1 : 0);
  while (digits.size() > 1 && std::string_view("uUlL").find(digits.back()) != std::string_view::npos) {
    (digits.back() == 'u' || digits.back() == 'U' ? token.is_unsigned : token.is_long) = true;
    digits.remove_suffix(1);
  }
  int base = 10;
  if (!decimal && (digits.starts_with("0x") || digits.starts_with("0X"))) {
    digits.remove_prefix(2);
    base = 16;
  } else if (!decimal && !std::ranges::all_of(digits, is_digit)) {
    base = 16;
  } else if (!decimal && digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  token.is_decimal = base == 10;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token.value, base);
  if (error != std::errc{} || digits.empty() || end != digits.data() + digits.size()) return no_number(token.text);
  return token;
}

/// `'a'`, `'\n'`, `'\0'`, `'\101'`.
Result<Token> Tokens::character() {
  Token token;
  token.kind = Token::Kind::number;
  token.is_character = true;
  token.begin = at_;
  const std::string_view left = text_.substr(at_);
  const auto end = left.find('\'', left.starts_with("'\\'") ? 3 : 2);
  if (end == std::string_view::npos) return failure(ErrorCode::bad_argument, "a quote is open");
  const std::string_view inside = left.substr(1, end - 1);
  token.text = left.substr(0, end + 1);
  at_ += end + 1;
  if (inside.size() == 1 && inside[0] != '\\') {
    token.value = static_cast<unsigned char>(inside[0]);
    return token;
  }
  if (inside.size() < 2 || inside[0] != '\\') return no_number(token.text);
  constexpr std::string_view names = "abfnrtv\\'\"";
  constexpr std::string_view values = "\a\b\f\n\r\t\v\\'\"";
  if (const auto named = names.find(inside[1]); named != std::string_view::npos && inside.size() == 2) {
    token.value = static_cast<unsigned char>(values[named]);
    return token;
  }
  const auto [stop, error] = std::from_chars(inside.data() + 1, inside.data() + inside.size(), token.value, 8);
  if (error != std::errc{} || stop != inside.data() + inside.size() || token.value > 255) return no_number(token.text);
  return token;
}

}  // namespace alicia::lcrash

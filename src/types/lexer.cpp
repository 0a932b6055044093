// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/lexer.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/escape.hpp"

namespace alicia::types {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return c == '_' || c == '$' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

Result<Token> Lexer::next() {
  while (at_ < text_.size() && is_space(text_[at_]))
    ++at_;
  if (at_ == text_.size()) return Token{};
  const char first = text_[at_];
  if (is_digit(first)) return number();
  std::size_t length = 1;
  Token::Kind kind = Token::Kind::punctuation;
  if (is_word(first)) {
    kind = Token::Kind::word;
    while (at_ + length < text_.size() && is_word(text_[at_ + length]))
      ++length;
  } else if (text_.substr(at_).starts_with("...")) {
    length = 3;
  } else if (text_.substr(at_).starts_with("->")) {
    length = 2;
  } else if (std::string_view("*()[]{},;:=-.&").find(first) == std::string_view::npos) {
    return failure(ErrorCode::bad_argument,
                   fmt::format("unexpected '{}' in {}", visible(text_.substr(at_, 1)), visible(text_.substr(0, 200))));
  }
  const Token token{kind, text_.substr(at_, length), 0};
  at_ += length;
  return token;
}

Result<Token> Lexer::number() {
  std::size_t length = 1;
  while (at_ + length < text_.size() && is_word(text_[at_ + length]))
    ++length;
  const std::string_view whole = text_.substr(at_, length);
  std::string_view digits = whole;
  while (digits.size() > 1 && std::string_view("uUlL").find(digits.back()) != std::string_view::npos) {
    digits.remove_suffix(1);
  }
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  Token token{Token::Kind::number, whole, 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token.value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return failure(ErrorCode::bad_argument, fmt::format("{} is no number", whole.substr(0, 80)));
  }
  at_ += length;
  return token;
}

}  // namespace alicia::types

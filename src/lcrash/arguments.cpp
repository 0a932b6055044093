// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/escape.hpp"
#include "shell/command_line.hpp"

namespace alicia::lcrash {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::size_t word_length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if(text, is_blank) - text.begin());
}

/// Whether all letters of `-xyz` are options; the last may take a word.
bool is_option_word(std::string_view word, std::string_view letters) {
  if (word.size() < 2 || word[0] != '-') return false;
  for (std::size_t i = 1; i < word.size(); ++i) {
    const auto at = letters.find(word[i]);
    if (word[i] == ':' || at == std::string_view::npos) return false;
    const bool takes_word = at + 1 < letters.size() && letters[at + 1] == ':';
    if (takes_word && i + 1 != word.size()) return false;
  }
  return true;
}

}  // namespace

Result<Arguments> parse_arguments(std::string_view text, std::string_view letters, bool lenient) {
  Arguments arguments;
  text = shell::trimmed(text);
  while (text.starts_with('-') && text.size() > 1) {
    const std::string_view word = text.substr(0, word_length(text));
    if (!is_option_word(word, letters)) {
      if (lenient) break;
      return failure(ErrorCode::bad_argument, fmt::format("unknown option {}", visible(word)));
    }
    text = shell::trimmed(text.substr(word.size()));
    for (const char letter : word.substr(1)) {
      std::string value;
      if (letters.substr(letters.find(letter) + 1).starts_with(':')) {
        value = text.substr(0, word_length(text));
        if (value.empty()) return failure(ErrorCode::bad_argument, fmt::format("-{} needs a word behind it", letter));
        text = shell::trimmed(text.substr(value.size()));
      }
      arguments.options[letter] = std::move(value);
    }
  }
  arguments.text = text;
  auto words = shell::split_words(text, [](std::string_view name) { return "$" + std::string(name); });
  if (!words) return failure(std::move(words));
  arguments.words = std::move(*words);
  return arguments;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const auto is_hexadecimal = [](char c) { return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  int base = 10;
  if (text.starts_with('#')) {
    text.remove_prefix(1);
  } else if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (std::ranges::any_of(text, is_hexadecimal)) {
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace alicia::lcrash

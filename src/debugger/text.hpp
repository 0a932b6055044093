// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace alicia::debugger {

// Small tools for what debuggers print.

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The lines without their ends; a last empty one is none.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

inline std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const auto end = text.find_first_of(" \t\r\n");
    words.push_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end);
  }
  return words;
}

/// The whole text as a number.
inline std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The decimal number that the first line to begin with a digit begins with: gdb's `output/d`, with noise around it.
inline std::optional<std::uint64_t> number_in(std::string_view text) {
  for (const std::string_view line : lines_of(text)) {
    const auto digits = line.substr(0, std::min(line.size(), line.find_first_not_of("0123456789")));
    if (!digits.empty()) return number(digits);
  }
  return std::nullopt;
}

/// True for what a symbol may be called: debuggers get nothing else as one.
inline bool may_be_symbol(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '$';
  });
}

}  // namespace alicia::debugger

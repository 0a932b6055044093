// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/text_format.hpp"

#include <fmt/format.h>

#include <iterator>

namespace alicia::types {
namespace {

/// Appends one character. A digit after an octal escape is escaped as well, as gdb does, though three digits end one.
void append(std::string& text, char character, char quote, bool& after_escape) {
  const auto byte = static_cast<unsigned char>(character);
  const bool digit = character >= '0' && character <= '9';
  const bool escape = after_escape && digit;
  after_escape = false;
  switch (character) {
    case '\a': text += "\\a"; return;
    case '\b': text += "\\b"; return;
    case '\f': text += "\\f"; return;
    case '\n': text += "\\n"; return;
    case '\r': text += "\\r"; return;
    case '\t': text += "\\t"; return;
    case '\v': text += "\\v"; return;
    default: break;
  }
  if (byte >= 0x20 && byte < 0x7f && !escape) {
    if (character == quote || character == '\\') text += '\\';
    text += character;
    return;
  }
  fmt::format_to(std::back_inserter(text), "\\{:03o}", byte);
  after_escape = true;
}

std::string quoted(char character) {
  std::string text = "'";
  bool after_escape = false;
  append(text, character, '\'', after_escape);
  return text + "'";
}

}  // namespace

std::string format_character(std::int64_t value) {
  return fmt::format("{} {}", value, quoted(static_cast<char>(static_cast<std::uint64_t>(value) & 0xffU)));
}

std::string format_text(std::string_view text, bool cut, const TextLimits& limits) {
  std::string shown;
  bool open = false;
  bool after_escape = false;
  std::size_t runs = 0;
  for (std::size_t at = 0; at < text.size(); ++runs) {
    if (limits.runs != 0 && runs == limits.runs) {
      cut = true;
      break;
    }
    std::size_t end = text.find_first_not_of(text[at], at);
    if (end == std::string_view::npos) end = text.size();
    const std::size_t length = end - at;
    if (limits.repeats != 0 && length > limits.repeats) {
      shown += open ? "\", " : shown.empty() ? "" : ", ";
      fmt::format_to(std::back_inserter(shown), "{} <repeats {} times>", quoted(text[at]), length);
      open = false;
    } else {
      if (!open) {
        shown += shown.empty() ? "\"" : ", \"";
        open = true;
        after_escape = false;
      }
      for (std::size_t index = at; index < end; ++index)
        append(shown, text[index], '"', after_escape);
    }
    at = end;
  }
  if (shown.empty()) return cut ? "\"\"..." : "\"\"";
  if (open) shown += '"';
  return cut ? shown + "..." : shown;
}

}  // namespace alicia::types

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
  if (byte > 0x20 && byte < 0x7f && !escape && character != quote && character != '\\') {
    text += character;
    return;
  }
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

void append_quoted(std::string& text, char character) {
  bool after_escape = false;
  text += '\'';
  append(text, character, '\'', after_escape);
  text += '\'';
}

}  // namespace

void append_character(std::string& out, std::int64_t value) {
  out.append(fmt::format_int(value).c_str()).append(" ");
  append_quoted(out, static_cast<char>(static_cast<std::uint64_t>(value) & 0xffU));
}

void append_text(std::string& out, std::string_view text, bool cut, const TextLimits& limits) {
  const std::size_t start = out.size();
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
      out += open ? "\", " : out.size() == start ? "" : ", ";
      append_quoted(out, text[at]);
      fmt::format_to(std::back_inserter(out), " <repeats {} times>", length);
      open = false;
    } else {
      if (!open) {
        out += out.size() == start ? "\"" : ", \"";
        open = true;
        after_escape = false;
      }
      for (std::size_t index = at; index < end; ++index)
        append(out, text[index], '"', after_escape);
    }
    at = end;
  }
  if (out.size() == start) {
    out += "\"\"";
  } else if (open) {
    out += '"';
  }
  if (cut) out += "...";
}

}  // namespace alicia::types

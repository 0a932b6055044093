// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/printer.hpp"

#include <fmt/format.h>

#include "base/escape.hpp"
#include "types/format.hpp"

namespace alicia::types {
namespace {

std::string moved_right(const std::string& text, unsigned columns) {
  std::string moved;
  moved.reserve(text.size());
  for (const char character : text) {
    moved += character;
    if (character == '\n') moved.append(columns, ' ');
  }
  return moved;
}

std::string said(const Error& error) {
  return fmt::format("<error: {}>", visible(error.message));
}

}  // namespace

std::string print_value(const MemoryReader& memory, TypeSystem& types, const Place& place, const PrintStyle& style) {
  FormatOptions options;
  options.hexadecimal = style.hexadecimal;
  options.elements = style.most_elements;
  options.repeats = 10;
  options.cast = false;
  if (style.name_of) {
    options.symbol = [&](VirtualAddress address) { return style.name_of(address).value_or(std::string()); };
  }
  const auto text = format_value(memory, types, place, options);
  if (!text) return said(text.error());
  return style.indent == 0 ? *text : moved_right(*text, style.indent);
}

std::string print_definition(TypeSystem& types, TypeRef type, bool offsets) {
  auto text = describe_type(types, type, {offsets, {}});
  if (!text) return said(text.error());
  // The last line tells the size.
  if (const std::size_t size = text->rfind("SIZE: "); size != std::string::npos) text->resize(size);
  while (text->ends_with('\n'))
    text->pop_back();
  return std::move(*text);
}

}  // namespace alicia::types

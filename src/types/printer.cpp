// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/printer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

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

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

/// Whether every escape in quoted text is that of NUL, and there is nothing else.
bool nothing_but_nuls(std::string_view text) {
  if (const std::size_t counted = text.find(" <repeats "); counted != std::string_view::npos) {
    text = text.substr(0, counted);
  }
  if (text.size() < 2) return false;
  text = text.substr(1, text.size() - 2);
  while (text.starts_with("\\000"))
    text.remove_prefix(4);
  return text.empty();
}

/// Whether a member's line says that it is zero: `flags = 0,`, `next = 0x0`, `bits = {0, 0}`, `name = ""`.
bool is_zero(std::string_view bare) {
  const std::size_t equals = bare.find(" = ");
  if (equals == std::string_view::npos) return false;
  std::string_view value = bare.substr(equals + 3);
  if (value.ends_with(',')) value.remove_suffix(1);
  if (value == "0" || value == "0x0" || value == "false" || value == "\"\"" || value == "0 '\\000'") return true;
  if (value.starts_with("\"\\000") || value.starts_with("'\\000' <repeats ")) {
    return value.find(", ") == std::string_view::npos && nothing_but_nuls(value);
  }
  if (!value.starts_with("{0") || !value.ends_with('}')) return false;
  // A list of nothing but zeros, counted ones too.
  value = value.substr(1, value.size() - 2);
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(", "), value.size());
    const std::string_view element = value.substr(0, end);
    if (element != "0" && element != "0x0" && !element.starts_with("0 <repeats ") &&
        !element.starts_with("0x0 <repeats ")) {
      return false;
    }
    value.remove_prefix(std::min(end + 2, value.size()));
  }
  return true;
}

/// Puts structs within the outermost into one line each, innermost first, where they fit. No quoted text ends a line
/// with a brace: its quote does.
class LineJoiner {
 public:
  LineJoiner(std::size_t width, bool drop_zeros) : width_(width), drop_zeros_(drop_zeros) {}

  std::string join(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (lines_.size() > 1 && lines_.back() == "}" && lines_[lines_.size() - 2].ends_with(',')) {
      lines_[lines_.size() - 2].pop_back();
    }
    return fmt::format("{}", fmt::join(lines_, "\n"));
  }

 private:
  void add(std::string_view line) {
    const std::string_view bare = trimmed(line);
    const bool opens = bare.ends_with('{');
    if (drop_zeros_ && is_zero(bare)) return;
    if (bare.starts_with('}') && !open_.empty()) {
      const std::size_t begin = open_.back();
      open_.pop_back();
      if (drop_zeros_ && !opens && !open_.empty() && begin + 1 == lines_.size() &&
          !trimmed(lines_[begin]).starts_with('}') && !lines_[begin].ends_with("{{")) {
        lines_.pop_back();
        return;
      }
      // `}, {` goes on with the next element of an array: those stay as they are.
      if (!opens && !open_.empty() && !trimmed(lines_[begin]).starts_with('}') && joined(begin, bare)) return;
    }
    lines_.emplace_back(line);
    if (opens) open_.push_back(lines_.size() - 1);
  }

  bool joined(std::size_t begin, std::string_view close) {
    std::size_t length = lines_[begin].size() + close.size();
    for (std::size_t at = begin + 1; at < lines_.size() && length <= width_; ++at)
      length += trimmed(lines_[at]).size() + 1;
    if (length > width_) return false;
    std::string line = lines_[begin];
    for (std::size_t at = begin + 1; at < lines_.size(); ++at) {
      if (at != begin + 1) line += ' ';
      line += trimmed(lines_[at]);
    }
    if (line.ends_with(',')) line.pop_back();
    line += close;
    lines_.resize(begin);
    lines_.push_back(std::move(line));
    return true;
  }

  std::size_t width_;
  bool drop_zeros_;
  std::vector<std::string> lines_;
  std::vector<std::size_t> open_;
};

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
  options.leave_out_zeros = style.leave_out_zeros && style.line_width != 0;
  if (style.name_of) {
    options.symbol = [&](VirtualAddress address) { return style.name_of(address).value_or(std::string()); };
  }
  auto text = format_value(memory, types, place, options);
  if (!text) return said(text.error());
  if (style.line_width != 0) text = LineJoiner(style.line_width, style.leave_out_zeros).join(*text);
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

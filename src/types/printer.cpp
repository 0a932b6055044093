// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/printer.hpp"

#include <fmt/format.h>

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
    done_.reserve(text.size());
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (done_.ends_with(",\n}")) done_.erase(done_.size() - 3, 1);
    return std::move(done_);
  }

 private:
  /// A line that ends with an opening brace, by where it lies in what is done.
  struct Opening {
    std::size_t begin;
    std::size_t end;
  };

  void add(std::string_view line) {
    const std::string_view bare = trimmed(line);
    const bool opens = bare.ends_with('{');
    if (drop_zeros_ && is_zero(bare)) return;
    if (bare.starts_with('}') && !open_.empty()) {
      const Opening begin = open_.back();
      open_.pop_back();
      // `}, {` goes on with the next element of an array: those stay as they are.
      const std::string_view opening = std::string_view(done_).substr(begin.begin, begin.end - begin.begin);
      if (!opens && !open_.empty() && !trimmed(opening).starts_with('}')) {
        if (drop_zeros_ && begin.end == done_.size() && !opening.ends_with("{{")) {
          done_.resize(begin.begin - 1);
          return;
        }
        if (joined(begin, bare)) return;
      }
    }
    if (!done_.empty()) done_ += '\n';
    const std::size_t begin = done_.size();
    done_ += line;
    if (opens) open_.push_back({begin, done_.size()});
  }

  /// Whether the lines from the opening on fit one with the closing: then they are made one.
  bool joined(const Opening& opening, std::string_view close) {
    std::size_t length = opening.end - opening.begin + close.size();
    for (std::size_t at = opening.end; at < done_.size() && length <= width_;) {
      const std::size_t end = std::min(done_.find('\n', at + 1), done_.size());
      length += end - first_of_line(at);
      ++length;
      at = end;
    }
    if (length > width_) return false;
    // In place: what a line loses is never less than the space it may gain.
    std::size_t to = opening.end;
    for (std::size_t at = opening.end; at < done_.size();) {
      const std::size_t end = std::min(done_.find('\n', at + 1), done_.size());
      if (to != opening.end) done_[to++] = ' ';
      for (std::size_t from = first_of_line(at); from < end; ++from)
        done_[to++] = done_[from];
      at = end;
    }
    done_.resize(to);
    if (done_.ends_with(',')) done_.pop_back();
    done_ += close;
    return true;
  }

  /// Where the text of the line begins that the newline at `newline` leads to.
  std::size_t first_of_line(std::size_t newline) const {
    const std::size_t first = done_.find_first_not_of(' ', newline + 1);
    const std::size_t end = std::min(done_.find('\n', newline + 1), done_.size());
    return std::min(first, end);
  }

  std::size_t width_;
  bool drop_zeros_;
  std::string done_;
  std::vector<Opening> open_;
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
  options.shapes = style.shapes;
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

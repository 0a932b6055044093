// SPDX-License-Identifier: GPL-3.0-or-later
//
// A print format is what follows `printf(` in C: string literals, a comma, arguments.
#include "trace/print_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "types/value.hpp"

namespace alicia::trace {
namespace {

constexpr int kDeepest = 64;

/// The format split at its outermost commas; nothing where brackets or quotes do not match.
std::optional<std::vector<std::string>> split(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (quote != 0) {
      parts.back() += letter;
      if (letter == '\\' && at + 1 < text.size()) {
        parts.back() += text[++at];
      } else if (letter == quote) {
        quote = 0;
      }
      continue;
    }
    if (letter == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    if (letter == '"' || letter == '\'') quote = letter;
    if (letter == '(' || letter == '{' || letter == '[') ++depth;
    if (letter == ')' || letter == '}' || letter == ']') --depth;
    if (depth < 0 || depth > kDeepest) return std::nullopt;
    parts.back() += letter;
  }
  if (depth != 0 || quote != 0) return std::nullopt;
  return parts;
}

/// Rewrites conversions of the literal together with the arguments they take.
class Rewriter {
 public:
  explicit Rewriter(std::vector<std::string>& parts) : parts_(parts) {}
  void run();

 private:
  void conversion(std::size_t begin);

  std::vector<std::string>& parts_;
  std::string result_;
  std::size_t at_ = 0;
  std::size_t argument_ = 1;
};

void Rewriter::run() {
  const std::string literal = std::move(parts_.front());
  parts_.front() = literal;
  bool inside = false;
  while (at_ < literal.size()) {
    const char letter = literal[at_];
    if (letter == '"') inside = !inside;
    if (inside && (letter == '\t' || letter == '\n')) {  // which libtraceevent does not take as they are
      result_ += letter == '\t' ? "\\t" : "\\n";
      ++at_;
      continue;
    }
    if (inside && letter == '\\') {
      result_ += literal.substr(at_, 2);
      at_ += 2;
      continue;
    }
    if (!inside || letter != '%') {
      result_ += letter;
      ++at_;
      continue;
    }
    conversion(at_);
  }
  parts_.front() = result_;
}

void Rewriter::conversion(std::size_t begin) {
  const std::string& literal = parts_.front();
  std::size_t at = begin + 1;
  while (at < literal.size() &&
         std::string_view("-+ #0123456789.*hlLqzt").find(literal[at]) != std::string_view::npos) {
    if (literal[at] == '*') ++argument_;
    ++at;
  }
  const char kind = at < literal.size() ? literal[at] : '%';
  std::size_t end = std::min(at + 1, literal.size());
  std::string text = literal.substr(begin, end - begin);
  if (kind == 'p' && argument_ < parts_.size()) {
    const char extension = end < literal.size() ? literal[end] : ' ';
    if (extension == 'S' || extension == 'B') {
      text += 's';
      ++end;
      parts_[argument_] = fmt::format(" (({}) + {:#x})", parts_[argument_], kMark);
    } else if (extension == 's') {
      text += 's';
      ++end;
    } else if (std::isalnum(static_cast<unsigned char>(extension)) == 0) {
      text = "%016lx";  // the kernel has no 0x, and libtraceevent no width
    }
  }
  if (kind != '%') ++argument_;
  result_ += text;
  at_ = end;
}

/// C multiplies what is added to a pointer; libtraceevent does not.
void scale_pages(std::string& text, std::uint64_t bytes) {
  constexpr std::string_view sum = "((struct page *)vmemmap_base) + (";
  for (std::size_t at = 0; (at = text.find(sum, at)) != std::string::npos;)
    text.replace(at, sum.size(), fmt::format("(vmemmap_base) + {} * (", bytes));
}

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// The value of constants joined by `|`, `+`, `<<`, all of one kind; nothing of anything else.
std::optional<std::uint64_t> constant_value(std::string_view text) {
  std::optional<std::uint64_t> value;
  char joined_by = '|';
  for (std::size_t at = 0; at < text.size();) {
    const char letter = text[at];
    if (letter == ' ') {
      ++at;
    } else if (std::isdigit(static_cast<unsigned char>(letter)) != 0) {
      const int base = text.substr(at).starts_with("0x") ? 16 : 10;
      const std::string_view digits = text.substr(at + (base == 16 ? 2 : 0));
      std::uint64_t number = 0;
      const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
      if (failed != std::errc()) return std::nullopt;
      at = static_cast<std::size_t>(end - text.data());
      while (at < text.size() && (text[at] == 'U' || text[at] == 'L'))
        ++at;
      if (!value) {
        value = number;
      } else if (joined_by == '<') {
        if (number > 63) return std::nullopt;
        *value <<= number;
      } else {
        value = joined_by == '|' ? *value | number : *value + number;
      }
    } else if (value && (letter == '|' || letter == '+' || text.substr(at).starts_with("<<"))) {
      joined_by = letter;
      at += letter == '<' ? 2 : 1;
    } else {
      return std::nullopt;
    }
  }
  return value;
}

/// Constants in parentheses put as their value: libtraceevent takes `a & (b | c)` for `(a & b) | c`.
std::string fold_constants(std::string text) {
  for (std::size_t open = text.size(); open-- > 0;) {
    if (text[open] != '(' || (open > 0 && is_word(text[open - 1]))) continue;
    const std::size_t close = text.find(')', open);
    if (close == std::string::npos) continue;
    const auto value = constant_value(std::string_view(text).substr(open + 1, close - open - 1));
    if (value) text.replace(open, close - open + 1, fmt::format("{:#x}", *value));
  }
  return text;
}

/// Puts values in place of names outside of quotes that are neither members nor functions.
std::string replace_words(std::string_view text, const EventFormat& event, KernelWords& words) {
  std::string result;
  char quote = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char letter = text[at];
    if (quote != 0 || !is_word(letter)) {
      if (quote != 0 && letter == '\\' && at + 1 < text.size())
        result += text[at++];
      else if (quote == letter)
        quote = 0;
      else if (quote == 0 && (letter == '"' || letter == '\''))
        quote = letter;
      result += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end]))
      ++end;
    const std::string_view word = text.substr(at, end - at);
    const bool is_member = result.ends_with("->") || result.ends_with('.');
    const bool is_number = std::isdigit(static_cast<unsigned char>(letter)) != 0;
    const auto value = is_member || is_number ? std::nullopt : words.value(word, event);
    result += value ? fmt::format("{:#x}", static_cast<std::uint64_t>(*value)) : std::string(word);
    at = end;
  }
  return result;
}

/// Bounds what a record says of the length of bytes or an array: libtraceevent reads as many, whatever it is told. No
/// record has more than 16 bits' worth.
void bound_lengths(std::string& text) {
  for (const std::string_view call : {"__print_hex(", "__print_hex_str(", "__print_array("}) {
    for (std::size_t at = 0; (at = text.find(call, at)) != std::string::npos;) {
      at += call.size();
      std::size_t begin = std::string::npos, end = at;
      int depth = 0;
      for (; end < text.size() && depth >= 0; ++end) {
        if (text[end] == '(') ++depth;
        if (text[end] == ')' && --depth < 0) break;
        if (text[end] != ',' || depth != 0) continue;
        if (begin != std::string::npos) break;
        begin = end + 1;
      }
      if (begin == std::string::npos) continue;
      text.replace(begin, end - begin, fmt::format(" (({}) & 0xffff)", text.substr(begin, end - begin)));
    }
  }
}

}  // namespace

KernelWords::KernelWords(target::Target& target) : target_(target) {
  if (const auto page = target.types().find("struct page")) {
    if (const auto size = target.types().size_of(*page)) page_struct_bytes_ = *size;
  }
  for (const std::string_view known :
       {"fault_flag", "vm_fault_reason", "pm_qos_req_action", "dev_pm_qos_req_type", "hrtimer_mode"})
    learn(known);
  // Of an enumeration without a name; user space's own numbers.
  constexpr std::array<std::string_view, 12> tcp{"ESTABLISHED", "SYN_SENT",  "SYN_RECV", "FIN_WAIT1",
                                                 "FIN_WAIT2",   "TIME_WAIT", "CLOSE",    "CLOSE_WAIT",
                                                 "LAST_ACK",    "LISTEN",    "CLOSING",  "NEW_SYN_RECV"};
  for (std::size_t state = 0; state < tcp.size(); ++state)
    constants_.emplace(fmt::format("TCP_{}", tcp[state]), static_cast<std::int64_t>(state + 1));
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> priorities{
      {{"NONE", 0}, {"RT", 1}, {"BE", 2}, {"IDLE", 3}, {"INVALID", 7}}};
  for (const auto& [priority, number] : priorities)
    constants_.emplace(fmt::format("IOPRIO_CLASS_{}", priority), number);
}

void KernelWords::learn(std::string_view enumeration) {
  if (!enumerations_.emplace(enumeration).second) return;
  const auto type = target_.types().lookup(types::Tag::enumeration, enumeration);
  if (!type) return;
  for (const types::Enumerator& constant : target_.types().describe(*type).enumerators)
    constants_.try_emplace(constant.name, constant.value);
}

std::optional<std::int64_t> KernelWords::value(std::string_view word, const EventFormat& event) {
  for (const EventField& field : event.fields) {
    if (field.type.starts_with("enum ")) learn(std::string_view(field.type).substr(5));
  }
  if (const auto found = constants_.find(std::string(word)); found != constants_.end()) return found->second;
  if (word == "jiffies") {  // the kernel takes the time of printing; here that is the dump's
    const auto now = target_.symbol("jiffies");
    if (!now) return std::nullopt;
    const auto ticks = types::read_pointer(target_.memory(), target_.types(), now->address);
    return ticks ? std::optional(static_cast<std::int64_t>(ticks->value)) : std::nullopt;
  }
  if (word != "vmemmap_base" && word != "phys_base" && word != "page_offset_base") return std::nullopt;
  const auto symbol = target_.symbol(word);
  if (!symbol) return std::nullopt;
  const auto read = types::read_pointer(target_.memory(), target_.types(), symbol->address);
  if (!read) return std::nullopt;
  return static_cast<std::int64_t>(read->value);
}

std::optional<std::string> rewrite_print_format(const EventFormat& event, KernelWords& words) {
  auto parts = split(event.print_format);
  if (!parts || parts->front().find('"') == std::string::npos) return std::nullopt;
  for (std::size_t part = 1; part < parts->size(); ++part) {
    scale_pages((*parts)[part], words.page_struct_bytes());
    (*parts)[part] = fold_constants(replace_words((*parts)[part], event, words));
    bound_lengths((*parts)[part]);
  }
  Rewriter(*parts).run();
  return fmt::format("{}", fmt::join(*parts, ","));
}

}  // namespace alicia::trace

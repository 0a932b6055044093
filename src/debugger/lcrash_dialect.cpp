// SPDX-License-Identifier: GPL-3.0-or-later
//
// `base NUMBER` shows a number in several bases, and is the one command whose answer can be told before: typed in
// hexadecimal, the number comes back in decimal, too, which an echo of the line has not. What is printed around it
// differs between releases, so it is learnt: between the decimals of two markers lies
//
//   what follows the first one · prompt · echo · what precedes the second one
//
// and a line belongs to the first where it holds the first number in another base, to the second where it holds the
// second's. Lines that hold neither (a ruler) belong to the second as far as they preceded the first number ever asked
// for, too. All numbers have 31 bits, and so as many digits as each other in every base.
#include "debugger/lcrash_dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

constexpr std::string_view prompt = ">> ";

// What stands for the number in a shape, by its base: not to be found in text.
constexpr char hexadecimal = '\x01', decimal = '\x02', octal = '\x03', binary = '\x04';

std::uint64_t number_of(std::uint64_t secret, std::uint64_t number) {
  constexpr std::uint64_t top = std::uint64_t{1} << 30;
  return top | ((secret + number * 0x9e3779b1) & (top - 1));
}

std::array<std::pair<std::string, char>, 4> spellings(std::uint64_t value) {
  return {{{fmt::format("{:b}", value), binary},
           {fmt::format("{:o}", value), octal},
           {fmt::format("{}", value), decimal},
           {fmt::format("{:x}", value), hexadecimal}}};
}

std::string expand(std::string_view shape, std::uint64_t value) {
  std::string text;
  const auto known = spellings(value);
  for (const char each : shape) {
    const auto* found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.second == each; });
    found == known.end() ? text += each : text += found->first;
  }
  return text;
}

// The number's spellings replaced by what stands for them, moved by `shift`.
std::string abstracted(std::string text, std::uint64_t value, int shift = 0) {
  for (const auto& [spelling, token] : spellings(value)) {
    for (auto at = text.find(spelling); at != text.npos; at = text.find(spelling, at + 1))
      text.replace(at, spelling.size(), 1, static_cast<char>(token + shift));
  }
  return text;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  const auto end = text.find('\n', at);
  return end == text.npos ? text.size() : end + 1;
}

// How many of the last lines of `lines` are those that `before` ends with.
std::size_t shared_lines(const std::vector<std::string_view>& lines, std::string_view before) {
  std::size_t shared = 0;
  while (shared < lines.size()) {
    const std::string line = std::string(lines[lines.size() - 1 - shared]) + '\n';
    if (!before.ends_with(line)) break;
    before.remove_suffix(line.size());
    ++shared;
  }
  return shared;
}

}  // namespace

Marker LcrashDialect::marker(std::uint64_t secret, std::uint64_t number, std::string_view shape) const {
  const auto value = number_of(secret, number);
  return {fmt::format("base {:#x}", value), shape.empty() ? fmt::format("{}", value) : expand(shape, value)};
}

std::optional<std::string> LcrashDialect::shape_of(std::string_view start, std::string_view between,
                                                   std::uint64_t secret, std::uint64_t number) const {
  constexpr int apart = 4;  // the earlier number's tokens
  const auto text =
      abstracted(abstracted(std::string(between), number_of(secret, number)), number_of(secret, number - 1), apart);
  const auto last = text.find_last_of("\x05\x06\x07\x08");
  const std::size_t tail = line_end(text, last == text.npos ? 0 : last);
  std::string_view rest = std::string_view(text).substr(tail);

  std::size_t lines_to_tail = 0;  // bytes of `rest` that are the first reply's
  const std::string echo = fmt::format("base 0x{}\n", hexadecimal);
  if (const auto echoed = rest.find(echo); echoed != rest.npos) {
    lines_to_tail = rest.rfind('\n', echoed) == rest.npos ? 0 : rest.rfind('\n', echoed) + 1;
    rest.remove_prefix(echoed + echo.size());
  } else {
    std::size_t at = 0;
    while (at < rest.size() && !rest.substr(at).starts_with(prompt))
      at = line_end(rest, at);
    if (at < rest.size()) {
      lines_to_tail = at;
      rest.remove_prefix(at + prompt.size());
    } else {
      const auto first = std::min(rest.find_first_of("\x01\x02\x03\x04"), rest.size());
      const auto begin = rest.substr(0, first).rfind('\n');
      const auto rulers = rest.substr(0, begin == rest.npos ? 0 : begin + 1);
      auto lines = lines_of(rulers);
      const auto known = abstracted(std::string(start), number_of(secret, 1));
      std::string_view head(known);
      // Down to the rulers: the lines with the earlier number are not compared.
      if (const auto token = head.find_first_of("\x01\x02\x03\x04"); token != head.npos) head = head.substr(0, token);
      head = head.substr(0, head.rfind('\n') == head.npos ? 0 : head.rfind('\n') + 1);
      for (std::size_t left = lines.size() - shared_lines(lines, head), i = 0; i < left; ++i)
        lines_to_tail += lines[i].size() + 1;
      rest.remove_prefix(lines_to_tail);
    }
  }
  std::string shape = std::string(rest) + decimal;
  for (const char each : std::string_view(text).substr(0, tail + lines_to_tail))
    shape += each > binary && each <= binary + apart ? static_cast<char>(each - apart) : each;
  if (shape.find_first_of("\x05\x06\x07\x08") != shape.npos) return std::nullopt;
  return shape;
}

std::string LcrashDialect::tail_of(std::string_view shape, std::uint64_t secret, std::uint64_t number) const {
  return expand(shape.substr(shape.find(decimal) + 1), number_of(secret, number));
}

bool LcrashDialect::is_farewell(std::string_view line) const {
  const auto words = words_of(line);
  constexpr std::array<std::string_view, 2> farewells{"q", "quit"};
  return !words.empty() && std::find(farewells.begin(), farewells.end(), words.front()) != farewells.end();
}

// Warnings come first, what it dies of last.
std::optional<std::string> LcrashDialect::reason(std::string_view printed) const {
  constexpr std::string_view prefix = "lcrash: ";
  std::optional<std::string> found;
  for (std::string_view line : lines_of(printed)) {
    // A step of the start may not have ended its line.
    const auto at = line.find(prefix);
    if (at == line.npos || line.substr(at + prefix.size()).starts_with("warning: ")) continue;
    found = trimmed(line.substr(at + prefix.size()));
  }
  return found;
}

bool is_lcrash_error(std::string_view command, std::string_view output) {
  const auto lines = lines_of(trimmed(output));
  if (lines.size() != 1) return false;
  const auto colon = lines.front().find(": ");
  if (colon == std::string_view::npos) return false;
  const std::string_view name = lines.front().substr(0, colon);
  return name == "lcrash" || (!name.empty() && name == command);
}

}  // namespace alicia::debugger

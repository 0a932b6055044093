// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/crash_dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "debugger/text.hpp"

namespace alicia::debugger {

// gdb's echo knows octal escapes: the line spells the first letter as one, so an echo of it is no reply.
Marker CrashDialect::marker(std::uint64_t secret, std::uint64_t number, std::string_view /*shape*/) const {
  const std::string text = fmt::format("licia-{:016x}-{}", secret, number);
  return {fmt::format("gdb echo \\141{}\\n", text), fmt::format("a{}\n", text)};
}

bool CrashDialect::is_farewell(std::string_view line) const {
  const auto words = words_of(line);
  constexpr std::array<std::string_view, 4> farewells{"q", "Q", "quit", "exit"};
  return !words.empty() && std::find(farewells.begin(), farewells.end(), words.front()) != farewells.end();
}

// crash may print much before it leaves, the more with -d1; what it dies of comes last, as `crash: …`.
std::optional<std::string> CrashDialect::reason(std::string_view printed) const {
  constexpr std::array<std::string_view, 14> complaints{"error",     "excluded", "invalid",  "cannot",    "can't",
                                                        "could not", "not ",     "No ",      "no ",       "unable",
                                                        "require",   "fail",     "mismatch", "incomplete"};
  constexpr std::string_view prefix = "crash: ";
  std::optional<std::string> found;
  for (std::string_view line : lines_of(printed)) {
    line = trimmed(line);
    if (!line.starts_with(prefix)) continue;
    line.remove_prefix(prefix.size());
    if (std::none_of(complaints.begin(), complaints.end(),
                     [&](std::string_view word) { return line.find(word) != line.npos; })) {
      continue;
    }
    found = fmt::format("{}", fmt::join(words_of(line), " "));
  }
  return found;
}

bool is_crash_error(std::string_view command, std::string_view output) {
  const auto lines = lines_of(trimmed(output));
  if (lines.empty()) return false;
  const std::string_view first = lines.front();
  if (first.starts_with("symbol not found: ")) {
    return lines.size() == 1 || lines[1].starts_with("possible alternatives:");
  }
  if (lines.size() > 1) return false;
  const auto colon = first.find(": ");
  if (colon == first.npos) return false;
  const std::string_view name = first.substr(0, colon);
  return name == "crash" || (!name.empty() && name == command);
}

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/completer.hpp"

#include <algorithm>
#include <array>

#include "shell/command_line.hpp"
#include "shell/perl_words.hpp"

namespace alicia::shell {
namespace {

constexpr std::size_t kMost = 2000;
constexpr std::string_view kAfterName = " \t('\"";

/// The first word of the command the cursor is in, and whether the cursor is in its part for sh.
struct Context {
  std::string_view command;
  bool in_shell = false;
};

Context context_of(std::string_view before) {
  std::string_view command = before = trimmed(before);
  // A quote that is open has the cursor inside, and the line is not cut.
  for (auto cut = cut_command_line(before); cut; cut = cut_command_line(before)) {
    command = cut->command;
    const bool another = !cut->rest.empty() || before.ends_with(';');
    if (!another) return {command.substr(0, command.find_first_of(kAfterName)), !cut->shell_tail.empty()};
    command = before = cut->rest;
    if (before.empty()) break;
  }
  return {command.substr(0, command.find_first_of(kAfterName)), false};
}

}  // namespace

Completion Completer::complete(std::string_view before, std::string_view word) const {
  before = before.substr(std::min(before.find_first_not_of(" \t"), before.size()));
  if (before.starts_with('!')) return {true, {}};
  const bool debugger = before.starts_with(':');
  if (debugger) before.remove_prefix(1);
  const auto [command, in_shell] = context_of(before);
  if (in_shell || command == "load" || command == "report" || word.find('/') != std::string_view::npos) {
    return {true, {}};
  }
  if (command.empty()) return {false, commands(word, !debugger && !word.empty())};
  if (command == "help" || command == "alicia") return {false, commands(word, false)};
  if (word.empty()) return {};
  auto symbols = symbols_(word, kMost);
  if (symbols.words.empty()) return {true, {}};
  return {false, std::move(symbols)};
}

Matches Completer::commands(std::string_view word, bool perl_too) const {
  std::vector<std::string> names = facts_.command_names();
  for (const auto name : builtin_names())
    names.emplace_back(name);
  if (perl_too) {
    for (const auto name : perl_words())
      names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return matches_in(names, word, kMost);
}

}  // namespace alicia::shell

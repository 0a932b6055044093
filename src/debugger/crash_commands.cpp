// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/crash_commands.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

// crash 8.0.2 on x86_64, and the few that other architectures and releases have.
constexpr std::array shipped_commands{
    "*",     "alias",   "ascii",    "bpf",    "bt",   "btop",  "dev",    "dis",  "eval", "exit", "extend",
    "files", "foreach", "fuser",    "gdb",    "help", "ipcs",  "irq",    "kmem", "list", "log",  "mach",
    "mod",   "mount",   "net",      "p",      "ps",   "pte",   "ptob",   "ptov", "q",    "rd",   "repeat",
    "runq",  "s390dbf", "sbitmapq", "search", "set",  "sig",   "struct", "swap", "sym",  "sys",  "task",
    "timer", "tree",    "union",    "vm",     "vtop", "waitq", "whatis", "wr"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> shipped_aliases{{{"man", "help"},
                                                                                         {"?", "help"},
                                                                                         {"quit", "q"},
                                                                                         {"sf", "set"},
                                                                                         {"sn", "set"},
                                                                                         {"hex", "set"},
                                                                                         {"dec", "set"},
                                                                                         {"g", "gdb"},
                                                                                         {"px", "p"},
                                                                                         {"pd", "p"},
                                                                                         {"for", "foreach"},
                                                                                         {"size", "*"},
                                                                                         {"dmesg", "log"},
                                                                                         {"lsmod", "mod"},
                                                                                         {"last", "ps"}}};

// `help` prints columns, then its version.
std::set<std::string, std::less<>> commands_in(std::string_view help) {
  std::set<std::string, std::less<>> commands;
  for (std::string_view line : lines_of(help)) {
    if (line.starts_with("crash version:")) return commands;
    for (std::string_view word : words_of(line))
      commands.emplace(word);
  }
  return {};
}

}  // namespace

CrashCommands::CrashCommands() {
  forget();
}

void CrashCommands::forget() {
  std::lock_guard lock(mutex_);
  commands_.clear();
  commands_.insert(shipped_commands.begin(), shipped_commands.end());
  aliases_.clear();
  for (const auto& [alias, command] : shipped_aliases)
    aliases_.emplace(alias, command);
}

bool CrashCommands::contains(std::string_view word) const {
  std::lock_guard lock(mutex_);
  return commands_.contains(word) || aliases_.contains(word);
}

std::vector<std::string> CrashCommands::words() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> words(commands_.begin(), commands_.end());
  for (const auto& alias : aliases_)
    words.push_back(alias.first);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::string CrashCommands::command_of(std::string_view word) const {
  std::lock_guard lock(mutex_);
  const auto found = aliases_.find(word);
  return found == aliases_.end() ? std::string(word) : found->second;
}

bool CrashCommands::changed_by(std::string_view line) const {
  const auto words = words_of(line);
  if (words.empty()) return false;
  if (words.front().starts_with('<')) return true;
  const std::string command = command_of(words.front());
  return command == "extend" || command == "alias";
}

void CrashCommands::learn(std::string_view help, std::string_view alias) {
  std::map<std::string, std::string, std::less<>> aliases;
  for (std::string_view line : lines_of(alias)) {
    // ORIGIN ALIAS COMMAND…
    const auto words = words_of(line);
    if (words.size() >= 3 && words.front() != "ORIGIN") aliases.emplace(words[1], words[2]);
  }
  auto commands = commands_in(help);
  std::lock_guard lock(mutex_);
  if (commands.contains("help")) commands_ = std::move(commands);
  if (aliases.contains("man")) aliases_ = std::move(aliases);
}

}  // namespace alicia::debugger

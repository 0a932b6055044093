// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace alicia::debugger {

/// The words crash takes for commands: those it comes with, and what `extend` and `alias` add in this session. Asking
/// never waits for crash. Safe to use from several threads.
class CrashCommands {
 public:
  CrashCommands();

  bool contains(std::string_view word) const;
  std::vector<std::string> words() const;
  /// The command behind an alias, or the word itself.
  std::string command_of(std::string_view word) const;

  /// True where the line may change the tables (`extend`, `alias`, `<` an input file).
  bool changed_by(std::string_view line) const;
  /// Takes in what `help` and `alias` print; text that is neither changes nothing.
  void learn(std::string_view help, std::string_view alias);
  /// As after a start.
  void forget();

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> commands_;
  std::map<std::string, std::string, std::less<>> aliases_;
};

}  // namespace alicia::debugger

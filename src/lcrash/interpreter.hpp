// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/output.hpp"
#include "lcrash/command.hpp"
#include "lcrash/context.hpp"
#include "shell/line_source.hpp"
#include "shell/terminal.hpp"

namespace alicia::lcrash {

/// Runs lines: `COMMAND; COMMAND | sh > file`, `!sh`, `!!`, `!N`. Errors go to standard error, a line each,
/// `COMMAND: what`.
class Interpreter {
 public:
  /// @param output where commands write that have no file of their own
  Interpreter(State& state, FileOutput& output) : state_(state), output_(output) {}
  /// The terminal to lend to pipes and shell commands; may be null.
  void use_terminal(shell::Terminal* terminal) { terminal_ = terminal; }

  /// False where something in the line failed.
  bool run_line(std::string_view line);
  /// Until quit, the end, or Ctrl-C: then false.
  bool run_lines(shell::LineSource& lines);
  /// A file of lines, `-` for standard input; `words` stand for $1 to $9, $0 for the file.
  Result<void> run_file(const std::string& file, const std::vector<std::string>& words);
  /// Ended by an interrupt, or since nobody reads its output.
  bool broken_off() const { return broken_off_; }

 private:
  bool run_command(std::string_view text, std::string_view shell_tail);
  bool execute(std::string_view text);
  Result<void> execute(const Command& command, std::string_view text);
  Result<void> run_loaded(const std::string& file, std::string_view text);
  bool shell_escape(std::string_view text);
  bool report(std::string_view name, const Error& error);
  Result<std::string> recalled(std::string_view line) const;

  State& state_;
  FileOutput& output_;
  shell::Terminal* terminal_ = nullptr;
  unsigned depth_ = 0;       // of files that run files
  bool redirected_ = false;  // output goes to a sh
  bool broken_off_ = false;
};

}  // namespace alicia::lcrash

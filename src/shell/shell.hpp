// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/output.hpp"
#include "script/script_engine.hpp"
#include "session/session.hpp"
#include "shell/builtins.hpp"
#include "shell/error_printer.hpp"
#include "shell/executor.hpp"
#include "shell/history_file.hpp"
#include "shell/line_source.hpp"
#include "shell/router.hpp"
#include "shell/session_facts.hpp"

namespace alicia::shell {

/// The prompt and its two stand-ins, -e and -x. Errors are printed where they happen; the exit status remembers.
class Shell {
 public:
  /// `output` writes to descriptor 1 and is the session's output. All outlive the shell.
  Shell(session::Session& session, script::ScriptEngine& engine, FileOutput& output);

  /// Lines of code as if typed at the prompt; messages call them `source` (`-e 1`). Perl may go on over lines, never
  /// beyond the code.
  void run_code(std::string_view code, const std::string& source);
  /// A file of prompt lines; `-` is standard input.
  void run_file(const std::filesystem::path& file);
  /// The prompt on the terminal, until Ctrl-D or quit. Errors there do not count.
  void run_interactive();
  /// The same with lines from elsewhere.
  void run_prompt(LineSource& lines);

  /// True where nothing more is to be run: quit, Ctrl-C outside the prompt, a failure under --stop-on-error.
  bool finished() const { return builtins_.leaving() || stopped_; }
  /// 0 all well, 1 a line failed.
  int exit_status() const { return failed_ ? 1 : 0; }

 private:
  /// Perl whose end has not been seen yet.
  struct Piece {
    std::string text;
    unsigned first_line = 0;
    bool open() const { return first_line != 0; }
  };

  void run_batch(LineSource& lines, const std::string& source);
  void feed(const std::string& line, const std::string& source, unsigned number);
  void feed_typed(const std::string& text, unsigned& number);
  void run_piece(const std::string& source);
  void settle(Verdict verdict);
  void report_unfinished(const std::string& source);

  session::Session& session_;
  ErrorPrinter errors_;
  HistoryFile history_;
  Builtins builtins_;
  Executor executor_;
  SessionFacts facts_;
  Router router_;
  Piece piece_;
  bool interactive_ = false;
  bool failed_ = false;
  bool stopped_ = false;
};

}  // namespace alicia::shell

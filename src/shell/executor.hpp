// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/output.hpp"
#include "script/script_engine.hpp"
#include "session/session.hpp"
#include "shell/builtins.hpp"
#include "shell/error_printer.hpp"
#include "shell/route.hpp"
#include "shell/shell_child.hpp"
#include "shell/terminal.hpp"

namespace alicia::shell {

enum class Verdict {
  well,
  failed,       ///< what there is to say has been said
  interrupted,  ///< by Ctrl-C
  incomplete,   ///< Perl that goes on: nothing ran
};

/// Runs routes: commands with their pipes and files, shell escapes, Perl.
class Executor {
 public:
  Executor(session::Session& session, script::ScriptEngine& engine, FileOutput& output, ErrorPrinter& errors,
           Builtins& builtins)
      : session_(session), engine_(engine), output_(output), errors_(errors), builtins_(builtins) {}

  /// The terminal to hand to /bin/sh; nullptr: it shares Alicia's process group and standard input.
  void use_terminal(Terminal* terminal) { terminal_ = terminal; }
  /// Lines come from standard input: /bin/sh gets an empty one instead.
  void keep_input(bool keep) { keep_input_ = keep; }

  /// Any route but Perl.
  Verdict run(const Route& route);
  Verdict run_perl(std::string_view code, std::string_view source, unsigned first_line);

 private:
  Verdict shell_escape(const std::string& text);
  Verdict command(const Route& route);
  Result<void> dispatch(const Route& route);
  /// What kept output from where it should go, nobody reading it excepted.
  std::optional<Error> lost_output();
  Verdict verdict(const ShellEnd& end);
  Verdict report(const Error& error);

  session::Session& session_;
  script::ScriptEngine& engine_;
  FileOutput& output_;
  ErrorPrinter& errors_;
  Builtins& builtins_;
  Terminal* terminal_ = nullptr;
  bool keep_input_ = false;
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "script/script_engine.hpp"
#include "session/session.hpp"

namespace alicia::shell {

/// The summary from the POD of a shipped command: `ps - tasks, as crash shows them` under `=head1 NAME` gives what
/// follows the dash. Empty where there is none in the file's first 64 kB.
std::string pod_summary(const std::filesystem::path& file);

/// `help` and `help NAME`.
class Help {
 public:
  Help(session::Session& session, script::ScriptEngine& engine) : session_(session), engine_(engine) {}
  /// No word: every command with its summary, by where it comes from. A word: that command's manual, by the order in
  /// which the prompt would take it. Errors: no_such_command, bad_argument.
  Result<void> show(const std::vector<std::string>& words);

 private:
  Result<void> overview();
  Result<void> manual(const std::string& name);
  Result<void> pod(const std::filesystem::path& file);

  session::Session& session_;
  script::ScriptEngine& engine_;
};

}  // namespace alicia::shell

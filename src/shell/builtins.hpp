// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "script/script_engine.hpp"
#include "session/session.hpp"

namespace alicia::shell {

/// Alicia's own commands: `load report help history quit q exit alicia`.
class Builtins {
 public:
  /// `history` gives the lines typed so far, oldest first.
  Builtins(session::Session& session, script::ScriptEngine& engine, std::function<std::vector<std::string>()> history)
      : session_(session), engine_(engine), history_(std::move(history)) {}

  /// Errors: bad_argument, no_such_command, and what the command ends with.
  Result<void> run(const std::string& name, const std::vector<std::string>& words);
  /// True once `quit` was typed.
  bool leaving() const { return leaving_; }

 private:
  Result<void> load(const std::vector<std::string>& words);
  Result<void> shipped(const std::string& name, const std::vector<std::string>& words);
  Result<void> alicia(const std::vector<std::string>& words);
  Result<void> show_history(const std::vector<std::string>& words);
  Result<void> quit(const std::vector<std::string>& words);

  session::Session& session_;
  script::ScriptEngine& engine_;
  std::function<std::vector<std::string>()> history_;
  bool leaving_ = false;
};

}  // namespace alicia::shell

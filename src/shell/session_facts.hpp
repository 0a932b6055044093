// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "script/script_engine.hpp"
#include "session/session.hpp"
#include "shell/routing_facts.hpp"

namespace alicia::shell {

/// The router's facts, as they are in this session now.
class SessionFacts final : public RoutingFacts {
 public:
  SessionFacts(session::Session& session, const script::ScriptEngine& engine) : session_(session), engine_(engine) {}

  bool has_debugger() const override;
  bool is_debugger_command(std::string_view name) const override;
  bool is_user_sub(std::string_view name) const override;
  bool is_shipped_command(std::string_view name) const override;
  bool is_perl_name(std::string_view name) const override;
  std::optional<std::string> variable(std::string_view name) const override;
  std::vector<std::string> command_names() const override;

 private:
  session::Session& session_;
  const script::ScriptEngine& engine_;
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/session_facts.hpp"

namespace alicia::shell {

bool SessionFacts::has_debugger() const {
  return session_.debugger() != nullptr;
}

bool SessionFacts::is_debugger_command(std::string_view name) const {
  if (!has_debugger() || !session_.debugger()->has_command(name)) return false;
  // One that cannot open the dump has said so; the shipped commands stand in for its own, as without a debugger.
  return !session_.debugger()->refused() || !is_shipped_command(name);
}

bool SessionFacts::is_user_sub(std::string_view name) const {
  return engine_.defines_sub(name);
}

bool SessionFacts::is_shipped_command(std::string_view name) const {
  return session_.commands().find(name) != nullptr;
}

bool SessionFacts::is_perl_name(std::string_view name) const {
  return engine_.has_sub(name) || engine_.is_package(name);
}

std::optional<std::string> SessionFacts::variable(std::string_view name) const {
  return engine_.scalar(name);
}

std::vector<std::string> SessionFacts::command_names() const {
  std::vector<std::string> names = engine_.subs();
  const auto add = [&names](const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  if (has_debugger()) add(session_.debugger()->commands());
  add(session_.commands().names());
  return names;
}

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alicia::shell {

/// What the router has to know to tell a command from Perl. Nothing here may wait for a debugger's start.
class RoutingFacts {
 public:
  virtual ~RoutingFacts() = default;
  virtual bool has_debugger() const = 0;
  virtual bool is_debugger_command(std::string_view name) const = 0;
  /// A sub the user defined in main: typed, it is a command.
  virtual bool is_user_sub(std::string_view name) const = 0;
  virtual bool is_shipped_command(std::string_view name) const = 0;
  /// Perl's by other means than its keywords: a sub that was imported, the API, a package.
  virtual bool is_perl_name(std::string_view name) const = 0;
  virtual std::optional<std::string> variable(std::string_view name) const = 0;
  /// Every command there is, Alicia's own excepted: what a mistyped word may have meant.
  virtual std::vector<std::string> command_names() const = 0;
};

}  // namespace alicia::shell

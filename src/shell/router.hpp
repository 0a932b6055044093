// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

#include "shell/route.hpp"
#include "shell/routing_facts.hpp"

namespace alicia::shell {

/// `load report help history quit q exit alicia`.
std::span<const std::string_view> builtin_names();
bool is_builtin(std::string_view name);

/// Decides what a line is: a shell escape, a command, or Perl. It only reads the line and asks the facts, so that a
/// table of lines can test it.
class Router {
 public:
  explicit Router(const RoutingFacts& facts) : facts_(facts) {}
  Route route(std::string_view line) const;

 private:
  Route command(std::string_view line) const;
  Route debugger_line(std::string_view line) const;
  Route unknown(std::string_view word) const;
  bool is_command(std::string_view word) const;

  const RoutingFacts& facts_;
};

}  // namespace alicia::shell

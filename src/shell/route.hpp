// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alicia::shell {

enum class RouteKind : std::uint8_t {
  nothing,       ///< an empty line
  shell_escape,  ///< `text` is for /bin/sh; empty: a shell to work in
  builtin,       ///< one of Alicia's own: `name`, `words`
  user_sub,      ///< a sub the user defined: `name`, `words`
  debugger,      ///< `text` is for the debugger
  shipped,       ///< a shipped command: `name`, `words`
  perl,          ///< `text` is Perl
  error,         ///< `text` says why
};

/// Where a line goes. Commands may have a part for /bin/sh and a rest that is routed when its turn comes, since this
/// command may change what the rest means (`load x.ldas; banner`).
struct Route {
  RouteKind kind = RouteKind::nothing;
  std::string name;
  std::vector<std::string> words;
  std::string text;
  std::string shell_tail;  ///< `| grep x`, `> file`: begins with its operator; or empty
  std::string rest;        ///< the line behind `;`; or empty
};

}  // namespace alicia::shell

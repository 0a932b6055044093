// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace alicia::app {

/// What configuration files say. Lines are `KEY = VALUE`; `#` starts a comment.
struct Configuration {
  std::string crash = "crash";  ///< `Crash =`: the program, looked for on PATH unless it has a slash
  std::string lcrash;           ///< `Lcrash =`; empty: the one that ships
  std::vector<std::string> warnings;

  /// Reads one file over what is there already. Errors: cannot_open. An unknown key is a warning.
  Result<void> read(const std::filesystem::path& file);
};

/// /etc/alicia.conf, then alicia/alicia.conf in $XDG_CONFIG_HOME or ~/.config; those that exist.
std::vector<std::filesystem::path> default_configuration_files();

}  // namespace alicia::app

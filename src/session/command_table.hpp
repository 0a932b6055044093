// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace alicia::session {

/// A command that ships as an LDAS file: `ldas/FOLDER/NAME.ldas`.
struct ShippedCommand {
  std::string name;
  std::filesystem::path file;
};

/// The shipped commands: a list of files, nothing compiled. Routing asks it; `help` shows it.
class CommandTable {
 public:
  /// Adds every `*.ldas` below `folder`; the file's stem is the command's name. Earlier folders win.
  void add_folder(const std::filesystem::path& folder);
  /// nullptr where there is none of that name.
  const ShippedCommand* find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, ShippedCommand, std::less<>> commands_;
};

}  // namespace alicia::session

// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/command_table.hpp"

#include <system_error>

namespace alicia::session {

void CommandTable::add_folder(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;  // a folder that is missing or unreadable has no commands
  for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, ignored), end;
       entry != end; entry.increment(ignored)) {
    if (ignored) return;
    if (entry->path().extension() != ".ldas" || !entry->is_regular_file(ignored)) continue;
    const std::string name = entry->path().stem().string();
    commands_.try_emplace(name, ShippedCommand{name, entry->path()});
  }
}

const ShippedCommand* CommandTable::find(std::string_view name) const {
  const auto found = commands_.find(name);
  return found == commands_.end() ? nullptr : &found->second;
}

std::vector<std::string> CommandTable::names() const {
  std::vector<std::string> names;
  names.reserve(commands_.size());
  for (const auto& [name, command] : commands_)
    names.push_back(name);
  return names;
}

}  // namespace alicia::session

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/installation.hpp"

#include <fmt/format.h>

#include <system_error>

namespace alicia::app {

Result<Installation> Installation::find() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (error) return failure(ErrorCode::cannot_open, "cannot read /proc/self/exe: " + error.message());
  const fs::path prefix = executable.parent_path().parent_path();
  Installation found{prefix / "share/alicia/ldas", prefix / "share/alicia/perl", prefix / "libexec/alicia"};
  for (const auto& folder : {found.ldas, found.perl}) {
    if (!fs::is_directory(folder, error)) {
      return failure(ErrorCode::cannot_open, fmt::format("incomplete installation: {} is missing", folder.string()));
    }
  }
  return found;
}

}  // namespace alicia::app

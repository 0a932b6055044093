// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace alicia::process {

/// The file behind a program's name: looked for on PATH, or taken as it is where it has a slash.
/// Error: cannot_open, with what stands in the way.
Result<std::filesystem::path> find_executable(std::string_view name);

}  // namespace alicia::process

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace alicia::app {

/// The whole program: `arguments` without the program's name. Returns the exit status: 0 all well, 1 a line failed,
/// 2 usage, 3 the dump cannot be opened.
int run_application(const std::vector<std::string>& arguments);

}  // namespace alicia::app

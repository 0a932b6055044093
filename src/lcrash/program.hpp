// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lcrash/options.hpp"

namespace alicia::lcrash {

/// Opens the dump and runs what the options say, or lines from standard input. Returns the exit status: 0; 1 where a
/// command failed; 2 usage; 3 where the files cannot be opened.
int run_program(const Options& options);

}  // namespace alicia::lcrash

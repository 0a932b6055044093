// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::lcrash {

/// The kernel's log as it lies in the dump, `<level>[seconds] text` lines, not yet fit for a terminal. What of it
/// cannot be read is said in its place. Errors: no_such_symbol (no log known here), those of reading its rings.
Result<std::string> kernel_log(target::Target& target, const Cancellation& cancellation);

}  // namespace alicia::lcrash

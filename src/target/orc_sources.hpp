// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "arch/x86_64/orc_tables.hpp"
#include "base/error.hpp"
#include "target/code_map.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// The ORC tables of kernel and modules, and ftrace's trampolines as copies of the code they were made from (which
/// `code` then knows as well). Errors: no_such_symbol, no_such_type, no_such_member where the kernel has no ORC.
Result<std::unique_ptr<arch::x86_64::OrcTables>> find_orc_tables(Target& target, CodeMap& code);

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/address.hpp"
#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// The page tables a CPU had loaded when the dump was taken.
struct CpuPageTables {
  PhysicalAddress root;  ///< of the top table: CR3 without its flags
  std::string source;    ///< `CR3`, as QEMU's note has it; or `active_mm`, that of the task the CPU ran
};

/// Errors: bad_argument for a number that is no possible CPU's; those of reading the CPU's task; no_memory_there where
/// neither is known.
Result<CpuPageTables> cpu_page_tables(Target& target, unsigned cpu);

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// Where the top page table of a task's memory lies: its mm->pgd, made physical.
/// Errors: no_memory_there for a kernel thread, which has none; those of reading the task.
Result<PhysicalAddress> user_page_tables(Target& target, VirtualAddress task);

}  // namespace alicia::target

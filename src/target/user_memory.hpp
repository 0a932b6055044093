// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// Where the top page table of a task's memory lies: its mm->pgd, made physical.
/// Errors: no_memory_there for a kernel thread, which has none; those of reading the task.
Result<PhysicalAddress> user_page_tables(Target& target, VirtualAddress task);

/// The same of the mm_struct that another member of the task names. @param member `mm` or `active_mm`
Result<PhysicalAddress> page_tables_of(Target& target, VirtualAddress task, std::string_view member);

}  // namespace alicia::target

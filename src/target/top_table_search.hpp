// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "arch/x86_64/page_tables.hpp"
#include "base/cancellation.hpp"
#include "dump/dump.hpp"

namespace alicia::target {

/// A page of the dump that, taken for the top page table, maps the kernel as its own would: that of a task.
/// @param root @param physical where the kernel's own lies, in virtual and in physical memory
std::optional<PhysicalAddress> find_other_top_table(const dump::Dump& dump, VirtualAddress root,
                                                    PhysicalAddress physical, arch::x86_64::PagingMode mode,
                                                    const Cancellation& cancellation);

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
//
// The upper half of every top page table is the kernel's: a new address space gets a copy of init_top_pgt's entries.
// So that any of them does where init_top_pgt itself is lost. It is known by the address of init_top_pgt, which it has
// to map to where that lies; a page of anything else, and the table that user mode runs with (PTI), map nothing there.
#include "target/top_table_search.hpp"

#include "base/bytes.hpp"
#include "base/page.hpp"
#include "dump/held_pages.hpp"
#include "target/search_limits.hpp"

namespace alicia::target {
namespace {

using arch::x86_64::PageTables;

}  // namespace

std::optional<PhysicalAddress> find_other_top_table(const dump::Dump& dump, VirtualAddress root,
                                                    PhysicalAddress physical, arch::x86_64::PagingMode mode,
                                                    const Cancellation& cancellation) {
  // The kernel's image is in the last entry, whatever the number of levels.
  constexpr std::uint64_t slot = page_bytes - 8;
  constexpr std::uint64_t present = 1;
  std::uint64_t pages = 0;
  std::optional<PhysicalAddress> table;
  dump::for_each_held(dump, most_frames, cancellation, [&](PageFrame frame) {
    const PhysicalAddress candidate{frame.value * page_bytes};
    std::uint64_t entry = 0;
    if (candidate == physical || !dump.read(candidate + slot, std::as_writable_bytes(std::span(&entry, 1))))
      return true;
    ++pages;
    if ((entry & present) != 0) {
      const auto found = PageTables(dump, candidate, mode).translate(root);
      if (found && found->physical == physical) table = candidate;
    }
    return !table && pages < most_pages;
  });
  return table;
}

}  // namespace alicia::target

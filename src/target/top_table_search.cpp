// SPDX-License-Identifier: GPL-3.0-or-later
//
// The upper half of every top page table is the kernel's: a new address space gets a copy of init_top_pgt's entries.
// So that any of them does where init_top_pgt itself is lost. It is known by the address of init_top_pgt, which it has
// to map to where that lies; a page of anything else, and the table that user mode runs with (PTI), map nothing there.
#include "target/top_table_search.hpp"

#include "base/bytes.hpp"
#include "base/page.hpp"
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
  const std::uint64_t frames = std::min(dump.info().max_page_frame, most_frames);
  for (std::uint64_t frame = 0; frame < frames && pages < most_pages && !cancellation.requested(); ++frame) {
    const PhysicalAddress candidate{frame * page_bytes};
    std::uint64_t entry = 0;
    if (candidate == physical || !dump.holds(PageFrame{frame}) ||
        !dump.read(candidate + slot, std::as_writable_bytes(std::span(&entry, 1))))
      continue;
    ++pages;
    if ((entry & present) == 0) continue;
    const auto found = PageTables(dump, candidate, mode).translate(root);
    if (found && found->physical == physical) return candidate;
  }
  return std::nullopt;
}

}  // namespace alicia::target

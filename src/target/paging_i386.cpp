// SPDX-License-Identifier: GPL-3.0-or-later
//
// A 32-bit kernel maps its first memory in a row, from PAGE_OFFSET on, and its image is part of that; so the top
// table's physical address is its virtual one less PAGE_OFFSET. VMCOREINFO doesn't say what PAGE_OFFSET is, but there
// are five it can be (CONFIG_VMSPLIT_*), and only the right one leads to a table that maps itself.
#include <fmt/format.h>

#include <array>

#include "arch/i386/page_tables.hpp"
#include "target/paging_of.hpp"

namespace alicia::target {

Result<std::unique_ptr<arch::Translator>> make_i386_translator(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo) {
  constexpr std::array<std::uint64_t, 5> page_offsets{0xc0000000, 0xb0000000, 0x80000000, 0x78000000, 0x40000000};
  const auto root = vmcoreinfo.symbol("swapper_pg_dir");
  if (!root) return failure(ErrorCode::corrupt, "VMCOREINFO does not name the kernel's page tables (swapper_pg_dir)");
  const bool pae = vmcoreinfo.text("CONFIG_X86_PAE") == "y";
  Result<void> checked;
  for (const std::uint64_t page_offset : page_offsets) {
    if (root->value < page_offset) continue;
    const PhysicalAddress physical{root->value - page_offset};
    auto tables = std::make_unique<arch::i386::PageTables>(dump, physical, pae);
    auto good = check_own_mapping(*tables, *root, physical);
    if (good) return tables;
    if (checked) checked = std::move(good);  // the usual PAGE_OFFSET's error is the one worth telling
  }
  if (checked)
    return failure(ErrorCode::corrupt, fmt::format("swapper_pg_dir at {:#x} is no kernel's address", root->value));
  return failure(checked.error().code, fmt::format("the kernel's page tables: {}", checked.error().message),
                 checked.error().address);
}

}  // namespace alicia::target

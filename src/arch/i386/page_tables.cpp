// SPDX-License-Identifier: GPL-3.0-or-later
//
// Without PAE a table is a page of 1,024 entries of 4 bytes:
//
//     PGD  bits 31-22, an entry maps 4 MiB itself if PS (bit 7) is set; bits 20-13 are then bits 39-32 of the physical
//          address (PSE-36)
//     PTE  bits 21-12, 4 KiB
//
// With PAE entries have 8 bytes, and the top table has four of them:
//
//     PGD  bits 31-30
//     PMD  bits 29-21, 2 MiB itself if PS is set
//     PTE  bits 20-12, 4 KiB
//
// Linux makes pages inaccessible by clearing P and setting G (bit 8, _PAGE_PROTNONE), with PAE storing the address
// inverted against L1TF. Specified in Intel's Software Developer's Manual, volume 3, chapters 4.3 and 4.4; the latter
// in the kernel's arch/x86/include/asm/pgtable-invert.h and pgtable-2level.h.
#include "arch/i386/page_tables.hpp"

#include <fmt/format.h>

#include <array>

#include "arch/x86_entry.hpp"

namespace alicia::arch::i386 {
namespace {

using x86::is_page;
using x86::present_bit;
using x86::protnone_bit;

constexpr std::array<TableLevel, 2> plain_levels{{{"PGD", 22, 10, true}, {"PTE", 12, 10, true}}};
constexpr std::array<TableLevel, 3> pae_levels{{{"PGD", 30, 2, false}, {"PMD", 21, 9, true}, {"PTE", 12, 9, true}}};

TableEntry decode_plain(std::uint64_t entry, const TableLevel& level, bool is_last) {
  const bool page = is_page(entry, level, is_last);
  if ((entry & present_bit) == 0 && (!page || (entry & protnone_bit) == 0)) return {};
  if (!page) return {TableEntry::Kind::table, PhysicalAddress{entry & 0xfffff000U}};
  if (is_last) return {TableEntry::Kind::page, PhysicalAddress{entry & 0xfffff000U}};
  return {TableEntry::Kind::page, PhysicalAddress{(entry & 0xffc00000U) | (entry >> 13 & 0xffU) << 32}};
}

TableEntry decode_pae(std::uint64_t entry, const TableLevel& level, bool is_last) {
  return x86::decode_entry(entry, level, is_last, x86::address_bits);
}

}  // namespace

Result<Translation> PageTables::translate(VirtualAddress address, PhysicalAddress root) const {
  // A CR3 carries flags: below bit 12, with PAE below bit 5.
  return walk(address, PhysicalAddress{root.value & ~std::uint64_t{pae_ ? 0x1fU : 0xfffU}});
}

Result<Translation> PageTables::walk(VirtualAddress address, PhysicalAddress root) const {
  if (address.value >> 32 != 0)
    return failure(ErrorCode::bad_address,
                   fmt::format("cannot translate {:#x}: beyond the 32 bits of an address", address.value),
                   address.value);
  return pae_ ? walk_tables(memory_, address, root, pae_levels, 8, decode_pae)
              : walk_tables(memory_, address, root, plain_levels, 4, decode_plain);
}

}  // namespace alicia::arch::i386

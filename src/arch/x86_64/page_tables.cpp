// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each table is a page of 512 entries of 8 bytes; nine bits of the virtual address choose the entry at each level:
//
//     level  name  bits    an entry maps
//       5    PGD   56-48   256 TiB (only with five levels; P4D is then level 4)
//       4    PGD   47-39   512 GiB
//       3    PUD   38-30   1 GiB, itself a page if PS is set
//       2    PMD   29-21   2 MiB, itself a page if PS is set
//       1    PTE   20-12   4 KiB
//
// Bits 51-12 of an entry are the physical address of the next table or of the page; with AMD's memory encryption one of
// them is the encryption bit and no address. An entry counts if P (bit 0) is set; Linux also makes pages inaccessible
// by clearing P and setting G (bit 8, _PAGE_PROTNONE), and stores the address of such an entry inverted against L1TF.
// Specified in Intel's Software Developer's Manual, volume 3, chapter 4.5; the latter two in the kernel's
// arch/x86/include/asm/pgtable_types.h and pgtable-invert.h.
#include "arch/x86_64/page_tables.hpp"

#include <fmt/format.h>

#include <array>

#include "arch/x86_entry.hpp"

namespace alicia::arch::x86_64 {
namespace {

using x86::address_bits;

constexpr std::array<TableLevel, 5> levels_of_five{
    {{"PGD", 48, 9, false}, {"P4D", 39, 9, false}, {"PUD", 30, 9, true}, {"PMD", 21, 9, true}, {"PTE", 12, 9, true}}};
constexpr std::array<TableLevel, 4> levels_of_four{
    {{"PGD", 39, 9, false}, levels_of_five[2], levels_of_five[3], levels_of_five[4]}};

bool is_canonical(VirtualAddress address, bool five_levels) {
  const unsigned unused = five_levels ? 7 : 16;
  return (static_cast<std::int64_t>(address.value << unused) >> unused) == static_cast<std::int64_t>(address.value);
}

}  // namespace

PageTables::PageTables(const PhysicalMemory& memory, PhysicalAddress root, PagingMode mode)
    : memory_(memory), root_(root), mode_(mode) {}

Result<Translation> PageTables::translate(VirtualAddress address, PhysicalAddress root) const {
  // A CR3 carries a PCID or flags below bit 12, and perhaps the encryption bit.
  return walk(address, PhysicalAddress{root.value & address_bits & ~mode_.encryption_mask});
}

Result<Translation> PageTables::walk(VirtualAddress address, PhysicalAddress root) const {
  if (!is_canonical(address, mode_.five_levels))
    return failure(ErrorCode::bad_address,
                   fmt::format("cannot translate {:#x}: not a canonical address", address.value), address.value);
  const auto decode = [this](std::uint64_t entry, const TableLevel& level, bool is_last) {
    return x86::decode_entry(entry, level, is_last, address_bits & ~mode_.encryption_mask);
  };
  const auto levels = mode_.five_levels ? std::span<const TableLevel>(levels_of_five) : std::span(levels_of_four);
  return walk_tables(memory_, address, root, levels, 8, decode);
}

}  // namespace alicia::arch::x86_64

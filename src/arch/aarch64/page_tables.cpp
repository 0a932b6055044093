// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two registers name a top table: TTBR1 the kernel's, for addresses whose upper bits are all ones, TTBR0 the task's,
// for those where they are zeros. A table is a page of 8-byte entries, so that a page of 2^p bytes takes p - 3 bits of
// the address at each level, and as many levels are there as are needed for what TCR_EL1 says an address has, 36 to 52
// bits:
//
//     pages    bits a level   48 bits    52 bits            blocks (an entry above the last level that is memory)
//     4 KiB    9              4 levels   5 (LPA2)           2 MiB, 1 GiB, with LPA2 512 GiB
//     16 KiB   11             4          4 (LPA2), 47: 3    32 MiB, with LPA2 64 GiB
//     64 KiB   13             3          3 (LVA)            512 MiB, 4 TiB with LPA
//
// Bit 0 of an entry says that it counts; bit 1 that it is a table, or at the last level a page. Bits 47 and below are
// the address. Where more is needed: with 64 KiB pages bits 15-12 are bits 51-48; with LPA2 bits 49 and 48 are
// themselves and bits 9-8 are bits 51 and 50 (which otherwise hold the shareability).
//
// A kernel built for 52 bits runs on processors that have fewer. If the number of levels is another then, the tables
// are those of the fewer bits; if it is the same (64 KiB pages), the top table has the size for 52 bits and is indexed
// so.
//
// Linux makes pages inaccessible by clearing bit 0 and setting bit 58 (PTE_PROT_NONE; since 6.10 bit 11, which in older
// kernels is part of a swap entry, so that these pages of newer ones are taken for swapped out). Specified in the Arm
// Architecture Reference Manual, D8; the rest in the kernel's arch/arm64/include/asm/pgtable*.h.
#include "arch/aarch64/page_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace alicia::arch::aarch64 {
namespace {

constexpr std::uint64_t valid_bit = 1U << 0;
constexpr std::uint64_t table_bit = 1U << 1;
constexpr std::uint64_t protnone_bit = std::uint64_t{1} << 58;

unsigned level_count(unsigned va_bits, unsigned page_shift) {
  return (va_bits - page_shift + page_shift - 4) / (page_shift - 3);  // rounded up
}

bool has_lpa2(const PagingMode& mode) {
  return mode.va_bits > 48 && mode.page_shift != 16;
}

/// Whether an entry that maps 2^shift bytes can be a block.
bool can_be_block(const PagingMode& mode, unsigned shift) {
  const unsigned above = (shift - mode.page_shift) / (mode.page_shift - 3);
  const unsigned most = mode.page_shift == 12                      ? (has_lpa2(mode) ? 3 : 2)
                        : mode.page_shift == 14 && !has_lpa2(mode) ? 1
                                                                   : 2;
  return above <= most;
}

std::vector<TableLevel> make_levels(const PagingMode& mode) {
  const unsigned count = level_count(mode.va_bits, mode.page_shift);
  const unsigned top_bits =
      level_count(mode.built_va_bits, mode.page_shift) == count ? mode.built_va_bits : mode.va_bits;
  constexpr std::array<std::string_view, 5> names{"PTE", "PMD", "PUD", "P4D", "PGD"};
  std::vector<TableLevel> levels;
  for (unsigned level = count; level-- > 0;) {
    const unsigned shift = mode.page_shift + level * (mode.page_shift - 3);
    const bool is_top = level + 1 == count;
    levels.push_back({is_top ? "PGD" : names[level], shift, is_top ? top_bits - shift : mode.page_shift - 3,
                      can_be_block(mode, shift)});
  }
  return levels;
}

}  // namespace

bool PageTables::is_possible(const PagingMode& mode) {
  const bool is_page = mode.page_shift == 12 || mode.page_shift == 14 || mode.page_shift == 16;
  return is_page && mode.va_bits >= 36 && mode.va_bits <= 52 && mode.built_va_bits >= mode.va_bits &&
         mode.built_va_bits <= 52;
}

PageTables::PageTables(const PhysicalMemory& memory, PhysicalAddress root, PagingMode mode)
    : memory_(memory), root_(root), mode_(mode), levels_(make_levels(mode)) {}

Result<bool> PageTables::is_kernel_address(VirtualAddress address) const {
  const std::uint64_t upper = address.value >> mode_.va_bits;
  if (upper == 0) return false;
  if (upper == ~std::uint64_t{0} >> mode_.va_bits) return true;
  return failure(ErrorCode::bad_address,
                 fmt::format("cannot translate {:#x}: neither the kernel's nor a user's", address.value),
                 address.value);
}

Result<Translation> PageTables::walk_kernel(VirtualAddress address) const {
  const auto is_kernel = is_kernel_address(address);
  if (!is_kernel) return failure(is_kernel);
  if (!*is_kernel)
    return failure(ErrorCode::unmapped, fmt::format("cannot translate {:#x}: an address of user space", address.value),
                   address.value);
  return walk(address, root_);
}

Result<Translation> PageTables::translate(VirtualAddress address, PhysicalAddress root) const {
  const auto is_kernel = is_kernel_address(address);
  if (!is_kernel) return failure(is_kernel);
  if (*is_kernel) return translate(address);
  // A TTBR0 carries an ASID above bit 47 and a flag in bit 0; with LPA2 and LPA bits 5-2 are bits 51-48.
  constexpr std::uint64_t table_address = 0x0000ffffffffffc0U;
  return walk(address, PhysicalAddress{root.value & table_address});
}

TableEntry PageTables::decode(std::uint64_t entry, const TableLevel& level, bool is_last) const {
  std::uint64_t target = entry & 0x0000ffffffffffffU & ~((std::uint64_t{1} << mode_.page_shift) - 1);
  if (mode_.page_shift == 16) target |= (entry >> 12 & 0xfU) << 48;
  if (has_lpa2(mode_)) target |= (entry & 0x0003000000000000U) | (entry >> 8 & 3U) << 50;
  if (is_last) {
    const bool is_page = (entry & valid_bit) != 0 ? (entry & table_bit) != 0 : (entry & protnone_bit) != 0;
    return {is_page ? TableEntry::Kind::page : TableEntry::Kind::absent, PhysicalAddress{target}};
  }
  if ((entry & valid_bit) == 0) return {};
  if ((entry & table_bit) != 0) return {TableEntry::Kind::table, PhysicalAddress{target}};
  return {level.maps ? TableEntry::Kind::page : TableEntry::Kind::absent, PhysicalAddress{target}};
}

Result<Translation> PageTables::walk(VirtualAddress address, PhysicalAddress root) const {
  return walk_tables(
      memory_, address, root, levels_, 8,
      [this](std::uint64_t entry, const TableLevel& level, bool is_last) { return decode(entry, level, is_last); });
}

}  // namespace alicia::arch::aarch64

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

namespace alicia::arch::x86_64 {
namespace {

constexpr std::uint64_t present_bit = 1U << 0;
constexpr std::uint64_t large_bit = 1U << 7;
constexpr std::uint64_t protnone_bit = 1U << 8;
constexpr std::uint64_t address_bits = 0x000ffffffffff000U;

constexpr unsigned shift_of(unsigned level) {
  return 12 + 9 * (level - 1);
}

std::string_view level_name(unsigned level, bool five_levels) {
  if (level == 4 && five_levels) return "P4D";
  constexpr std::array<std::string_view, 5> names{"PTE", "PMD", "PUD", "PGD", "PGD"};
  return names[level - 1];
}

bool is_canonical(VirtualAddress address, bool five_levels) {
  const unsigned unused = five_levels ? 7 : 16;
  return (static_cast<std::int64_t>(address.value << unused) >> unused) == static_cast<std::int64_t>(address.value);
}

}  // namespace

PageTables::PageTables(const PhysicalMemory& memory, PhysicalAddress root, PagingMode mode)
    : memory_(memory), root_(root), mode_(mode) {}

Result<Translation> PageTables::translate(VirtualAddress address) const {
  if (const auto known = cache_.find(address)) return *known;
  auto result = walk(address, root_);
  if (result) cache_.insert(address, *result);
  return result;
}

Result<Translation> PageTables::translate(VirtualAddress address, PhysicalAddress root) const {
  // A CR3 carries a PCID or flags below bit 12, and perhaps the encryption bit.
  return walk(address, PhysicalAddress{root.value & address_bits & ~mode_.encryption_mask});
}

Result<Translation> PageTables::walk(VirtualAddress address, PhysicalAddress root) const {
  if (!is_canonical(address, mode_.five_levels))
    return failure(ErrorCode::bad_address,
                   fmt::format("cannot translate {:#x}: not a canonical address", address.value), address.value);
  PhysicalAddress table = root;
  for (unsigned level = mode_.five_levels ? 5 : 4; level >= 1; --level) {
    const PhysicalAddress slot = table + ((address.value >> shift_of(level)) & 511) * 8;
    const std::string_view name = level_name(level, mode_.five_levels);
    std::uint64_t entry = 0;
    if (const auto read = memory_.read(slot, std::as_writable_bytes(std::span(&entry, 1))); !read) {
      const std::string_view absence = absence_reason(read.error().code);
      return failure(read.error().code,
                     fmt::format("cannot translate {:#x}: {} table at physical {:#x}: {}", address.value, name,
                                 table.value, absence.empty() ? std::string_view(read.error().message) : absence),
                     address.value);
    }
    const bool is_leaf = level == 1 || (level <= 3 && (entry & large_bit) != 0);
    const bool is_protnone = is_leaf && (entry & (present_bit | protnone_bit)) == protnone_bit;
    if ((entry & present_bit) == 0 && !is_protnone)
      return failure(
          ErrorCode::unmapped,
          fmt::format("cannot translate {:#x}: {} {:#x} at physical {:#x} not present{}", address.value, name, entry,
                      slot.value, level == 1 && entry != 0 ? " (swapped out or being moved)" : ""),
          address.value);
    const std::uint64_t target = (is_protnone ? ~entry : entry) & address_bits & ~mode_.encryption_mask;
    if (is_leaf) {
      const std::uint64_t bytes = std::uint64_t{1} << shift_of(level);
      return Translation{PhysicalAddress{(target & ~(bytes - 1)) | (address.value & (bytes - 1))}, bytes};
    }
    table = PhysicalAddress{target};
  }
  return failure(ErrorCode::internal, "page table walk ended without a page", address.value);
}

}  // namespace alicia::arch::x86_64

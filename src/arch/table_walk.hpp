// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "arch/translator.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch {

/// One level of page tables, the top one first.
struct TableLevel {
  std::string_view name;  ///< as the kernel calls it: `PMD`
  unsigned shift = 0;     ///< the lowest bit of the address that chooses the entry
  unsigned bits = 0;      ///< how many do
  bool maps = false;      ///< an entry can map memory itself; always so at the last level
};

/// What an entry says.
struct TableEntry {
  enum class Kind : std::uint8_t { absent, table, page };
  Kind kind = Kind::absent;
  PhysicalAddress target;  ///< of the next table, or of the memory mapped
};

/// The failures of a walk to `address`.
tl::unexpected<Error> unreadable_table(VirtualAddress address, const TableLevel& level, PhysicalAddress table,
                                       const Error& cause);
tl::unexpected<Error> absent_entry(VirtualAddress address, const TableLevel& level, PhysicalAddress slot,
                                   std::uint64_t entry, bool is_last);
tl::unexpected<Error> endless_tables(VirtualAddress address);

/// Walks tables of entries of `entry_bytes`; `decode(entry, level, is_last)` gives the TableEntry. Errors: unmapped;
/// that of reading a table.
template <class Decode>
Result<Translation> walk_tables(const PhysicalMemory& memory, VirtualAddress address, PhysicalAddress root,
                                std::span<const TableLevel> levels, unsigned entry_bytes, Decode decode) {
  PhysicalAddress table = root;
  for (const TableLevel& level : levels) {
    const bool is_last = &level == &levels.back();
    const std::uint64_t number = (address.value >> level.shift) & ((std::uint64_t{1} << level.bits) - 1);
    const PhysicalAddress slot = table + number * entry_bytes;
    std::uint64_t raw = 0;
    if (const auto read = memory.read(slot, std::as_writable_bytes(std::span(&raw, 1)).first(entry_bytes)); !read)
      return unreadable_table(address, level, table, read.error());
    const TableEntry entry = decode(raw, level, is_last);
    if (entry.kind == TableEntry::Kind::absent) return absent_entry(address, level, slot, raw, is_last);
    if (entry.kind == TableEntry::Kind::page) {
      const std::uint64_t bytes = std::uint64_t{1} << level.shift;
      return Translation{PhysicalAddress{(entry.target.value & ~(bytes - 1)) | (address.value & (bytes - 1))}, bytes};
    }
    table = entry.target;
  }
  return endless_tables(address);
}

}  // namespace alicia::arch

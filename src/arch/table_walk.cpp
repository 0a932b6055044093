// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/table_walk.hpp"

#include <fmt/format.h>

namespace alicia::arch {

tl::unexpected<Error> unreadable_table(VirtualAddress address, const TableLevel& level, PhysicalAddress table,
                                       const Error& cause) {
  const std::string_view absence = absence_reason(cause.code);
  return failure(cause.code,
                 fmt::format("cannot translate {:#x}: {} table at physical {:#x}: {}", address.value, level.name,
                             table.value, absence.empty() ? std::string_view(cause.message) : absence),
                 address.value);
}

tl::unexpected<Error> absent_entry(VirtualAddress address, const TableLevel& level, PhysicalAddress slot,
                                   std::uint64_t entry, bool is_last) {
  return failure(
      ErrorCode::unmapped,
      fmt::format("cannot translate {:#x}: {} {:#x} at physical {:#x} not present{}", address.value, level.name, entry,
                  slot.value, is_last && entry != 0 ? " (swapped out or being moved)" : ""),
      address.value);
}

tl::unexpected<Error> endless_tables(VirtualAddress address) {
  return failure(ErrorCode::internal, "page table walk ended without a page", address.value);
}

}  // namespace alicia::arch

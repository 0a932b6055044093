// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "arch/table_walk.hpp"

namespace alicia::arch::x86 {

inline constexpr std::uint64_t present_bit = 1U << 0;
inline constexpr std::uint64_t large_bit = 1U << 7;
inline constexpr std::uint64_t protnone_bit = 1U << 8;
/// Where an entry of 8 bytes has its address.
inline constexpr std::uint64_t address_bits = 0x000ffffffffff000U;

constexpr bool is_page(std::uint64_t entry, const TableLevel& level, bool is_last) {
  return is_last || (level.maps && (entry & large_bit) != 0);
}

/// An entry of 8 bytes, with PAE and on x86_64; `address` are the bits of its address.
constexpr TableEntry decode_entry(std::uint64_t entry, const TableLevel& level, bool is_last, std::uint64_t address) {
  const bool page = is_page(entry, level, is_last);
  const bool is_protnone = page && (entry & (present_bit | protnone_bit)) == protnone_bit;
  if ((entry & present_bit) == 0 && !is_protnone) return {};
  return {page ? TableEntry::Kind::page : TableEntry::Kind::table,
          PhysicalAddress{(is_protnone ? ~entry : entry) & address}};
}

}  // namespace alicia::arch::x86

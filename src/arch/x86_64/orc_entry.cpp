// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/x86_64/orc_entry.hpp"

#include <algorithm>
#include <array>

namespace alicia::arch::x86_64 {
namespace {

std::uint32_t extract(std::span<const std::byte> raw, const OrcBits& member) {
  std::uint32_t value = 0;
  for (std::uint32_t bit = 0; bit < std::min(member.bits, 32U); ++bit) {
    const std::uint32_t at = member.offset + bit;
    if (at / 8 < raw.size() && (std::to_integer<unsigned>(raw[at / 8]) >> at % 8 & 1U) != 0) value |= 1U << bit;
  }
  return value;
}

OrcType old_type(std::uint32_t number, bool end) {
  if (end) return OrcType::end_of_stack;
  constexpr std::array<OrcType, 3> types{OrcType::call, OrcType::registers, OrcType::partial_registers};
  return number < types.size() ? types[number] : OrcType::undefined;
}

OrcType new_type(std::uint32_t number) {
  return number <= static_cast<std::uint32_t>(OrcType::partial_registers) ? static_cast<OrcType>(number)
                                                                          : OrcType::undefined;
}

}  // namespace

OrcEntry OrcLayout::decode(std::span<const std::byte> raw) const {
  OrcEntry entry;
  entry.sp_offset = static_cast<std::int16_t>(extract(raw, sp_offset));
  entry.bp_offset = static_cast<std::int16_t>(extract(raw, bp_offset));
  entry.sp_base = static_cast<OrcBase>(extract(raw, sp_reg));
  entry.bp_base = static_cast<OrcBase>(extract(raw, bp_reg));
  const std::uint32_t number = extract(raw, type);
  entry.type = end ? old_type(number, extract(raw, *end) != 0) : new_type(number);
  const bool leaves_registers = entry.type == OrcType::registers || entry.type == OrcType::partial_registers;
  entry.signal = signal ? extract(raw, *signal) != 0 : leaves_registers;
  if (entry.sp_base == OrcBase::undefined && entry.type != OrcType::end_of_stack) entry.type = OrcType::undefined;
  return entry;
}

}  // namespace alicia::arch::x86_64

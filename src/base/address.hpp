// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace alicia {

/// An unsigned quantity with a meaning of its own, so that a file offset is never taken for an address.
template <class Tag>
struct Quantity {
  std::uint64_t value = 0;

  constexpr Quantity() = default;
  constexpr explicit Quantity(std::uint64_t number) : value(number) {}

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity left, std::uint64_t right) { return Quantity{left.value + right}; }
  friend constexpr Quantity operator-(Quantity left, std::uint64_t right) { return Quantity{left.value - right}; }
  friend constexpr std::uint64_t operator-(Quantity left, Quantity right) { return left.value - right.value; }
};

/// An address as the dumped kernel's code used it.
using VirtualAddress = Quantity<struct VirtualAddressTag>;
/// An address in the dumped machine's memory.
using PhysicalAddress = Quantity<struct PhysicalAddressTag>;
/// A physical address divided by the page size.
using PageFrame = Quantity<struct PageFrameTag>;
/// Beyond every frame.
inline constexpr PageFrame no_frame{~std::uint64_t{0}};
/// Bytes from the start of a file.
using FileOffset = Quantity<struct FileOffsetTag>;

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.hpp"

namespace alicia::dump {

/// A stretch of physical memory and where its bytes begin in the file.
struct MappedRange {
  PhysicalAddress begin;
  PhysicalAddress end;
  FileOffset offset;
};

/// Disjoint ranges in order of address, made from ranges that may overlap. Lookup is a binary search.
class SegmentMap {
 public:
  SegmentMap() = default;
  /// Where ranges overlap, the one that begins first is taken, of two beginning together the one given first.
  explicit SegmentMap(std::vector<MappedRange> ranges);

  /// The range that holds `address`; null if none does.
  const MappedRange* find(PhysicalAddress address) const;
  /// The first range that begins after `address`; null if none does.
  const MappedRange* after(PhysicalAddress address) const;
  std::span<const MappedRange> ranges() const { return ranges_; }

 private:
  std::vector<MappedRange> ranges_;
};

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/segment_map.hpp"

#include <algorithm>
#include <utility>

namespace alicia::dump {

SegmentMap::SegmentMap(std::vector<MappedRange> ranges) : ranges_(std::move(ranges)) {
  std::ranges::stable_sort(ranges_, {}, &MappedRange::begin);
  PhysicalAddress covered;
  std::size_t kept = 0;
  for (MappedRange range : ranges_) {
    if (range.begin < covered) {
      const std::uint64_t skip = covered - range.begin;
      range.begin = covered;
      range.offset = range.offset + skip;
    }
    if (range.begin >= range.end) continue;
    covered = range.end;
    ranges_[kept++] = range;
  }
  ranges_.resize(kept);
}

const MappedRange* SegmentMap::find(PhysicalAddress address) const {
  auto next = std::ranges::upper_bound(ranges_, address, {}, &MappedRange::begin);
  if (next == ranges_.begin()) return nullptr;
  --next;
  return address < next->end ? &*next : nullptr;
}

const MappedRange* SegmentMap::after(PhysicalAddress address) const {
  const auto next = std::ranges::upper_bound(ranges_, address, {}, &MappedRange::begin);
  return next == ranges_.end() ? nullptr : &*next;
}

}  // namespace alicia::dump

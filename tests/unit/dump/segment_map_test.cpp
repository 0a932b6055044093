// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/segment_map.hpp"

#include <gtest/gtest.h>

#include <random>

namespace alicia::dump {
namespace {

MappedRange range(std::uint64_t begin, std::uint64_t end, std::uint64_t offset) {
  return {PhysicalAddress{begin}, PhysicalAddress{end}, FileOffset{offset}};
}

TEST(SegmentMap, CutsOverlapsAndDropsDuplicates) {
  const SegmentMap map{{range(0x3000, 0x5000, 0x300), range(0x1000, 0x4000, 0x100), range(0x1000, 0x4000, 0x900)}};
  ASSERT_EQ(map.ranges().size(), 2U);
  EXPECT_EQ(map.find(PhysicalAddress{0x3fff})->offset, FileOffset{0x100});
  EXPECT_EQ(map.find(PhysicalAddress{0x4000})->offset, FileOffset{0x1300});
  EXPECT_EQ(map.find(PhysicalAddress{0x5000}), nullptr);
  EXPECT_EQ(map.find(PhysicalAddress{0xfff}), nullptr);
}

TEST(SegmentMap, CoversExactlyTheUnion) {
  std::mt19937 random{3};
  for (int turn = 0; turn < 200; ++turn) {
    std::vector<MappedRange> all;
    std::vector<bool> covered(300);
    for (int count = 0; count < 12; ++count) {
      const std::uint64_t begin = random() % 200;
      const std::uint64_t end = begin + random() % 90;
      all.push_back(range(begin, end, begin + 7));
      std::fill(covered.begin() + static_cast<std::ptrdiff_t>(begin),
                covered.begin() + static_cast<std::ptrdiff_t>(end), true);
    }
    const SegmentMap map{all};
    for (std::uint64_t address = 0; address < covered.size(); ++address) {
      const MappedRange* found = map.find(PhysicalAddress{address});
      ASSERT_EQ(found != nullptr, covered[address]) << address;
      if (found != nullptr) {
        ASSERT_EQ(found->offset.value + (address - found->begin.value), address + 7);
      }
    }
  }
}

}  // namespace
}  // namespace alicia::dump

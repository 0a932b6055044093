// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/range_map.hpp"

#include <gtest/gtest.h>

#include <random>

namespace alicia::dump {
namespace {

using Range = MappedRange<PhysicalAddress>;
using Map = RangeMap<PhysicalAddress>;

Range range(std::uint64_t begin, std::uint64_t end, std::uint64_t offset) {
  return {PhysicalAddress{begin}, PhysicalAddress{end}, FileOffset{offset}};
}

TEST(RangeMap, TakesTheLastOfThoseThatOverlap) {
  const Map map{{range(0x1000, 0x4000, 0x900), range(0x1000, 0x4000, 0x100), range(0x2000, 0x5000, 0x300)}};
  ASSERT_EQ(map.ranges().size(), 2U);
  EXPECT_EQ(map.find(PhysicalAddress{0x1fff})->offset, FileOffset{0x100});
  EXPECT_EQ(map.find(PhysicalAddress{0x2000})->offset, FileOffset{0x300});
  EXPECT_EQ(map.find(PhysicalAddress{0x5000}), nullptr);
  EXPECT_EQ(map.find(PhysicalAddress{0xfff}), nullptr);
  EXPECT_TRUE(map.covers(PhysicalAddress{0x1800}, 0x3800));
  EXPECT_FALSE(map.covers(PhysicalAddress{0x1800}, 0x3801));
}

TEST(RangeMap, EqualsPaintingOneOverTheOther) {
  std::mt19937 random{3};
  for (std::uint64_t turn = 0; turn < 300; ++turn) {
    std::vector<Range> all;
    std::vector<std::uint64_t> painted(300, 0);
    for (std::uint64_t count = 0; count < 12; ++count) {
      const std::uint64_t begin = random() % 200;
      const std::uint64_t end = begin + random() % 90;
      const std::uint64_t offset = (count + 1) * 1000;
      all.push_back(range(begin, end, offset));
      for (std::uint64_t at = begin; at < end; ++at)
        painted[at] = offset + (at - begin);
    }
    const Map map{all};
    for (std::uint64_t address = 0; address < painted.size(); ++address) {
      const Range* found = map.find(PhysicalAddress{address});
      ASSERT_EQ(found == nullptr ? 0 : found->offset.value + (address - found->begin.value), painted[address]);
    }
    for (const Range& one : map.ranges())
      ASSERT_LT(one.begin, one.end);
  }
}

}  // namespace
}  // namespace alicia::dump

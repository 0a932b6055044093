// SPDX-License-Identifier: GPL-3.0-or-later
// Dumps that QEMU wrote of guests of other architectures: every byte of memory in one format against the other's. Only
// where all dumps are looked at (ALICIA_FULL).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dump/pages.hpp"

namespace alicia::dump {
namespace {

class ForeignVmcore : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ForeignVmcore);

std::vector<std::string> scenarios() {
  if (std::getenv("ALICIA_FULL") == nullptr) return {};
  return {"arm64-16k", "i386"};
}

TEST_P(ForeignVmcore, ElfAndZlibHoldTheSameMemory) {
  const auto folder = test::scenario(GetParam());
  const auto elf = test::open_or_throw({folder / "dump.elf"});
  const auto kdump = test::open_or_throw({folder / "dump.kdump"});
  EXPECT_EQ(elf->info().architecture, kdump->info().architecture);
  EXPECT_EQ(elf->info().vmcoreinfo, kdump->info().vmcoreinfo);
  EXPECT_THAT(elf->info().warnings, testing::IsEmpty());
  EXPECT_THAT(kdump->info().warnings, testing::IsEmpty());
  std::vector<std::byte> one(65536), other(one.size());
  std::uint64_t compared = 0, zeros = 0;
  for (const PhysicalRange& range : elf->info().memory) {
    for (PhysicalAddress at = range.begin; at < range.end; at = at + one.size()) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(one.size(), range.end - at));
      const auto left = elf->read(at, std::span(one).first(length));
      const auto right = kdump->read(at, std::span(other).first(length));
      ASSERT_TRUE(left) << left.error().message;
      ASSERT_TRUE(right) << right.error().message;
      ASSERT_EQ(std::memcmp(one.data(), other.data(), length), 0) << fmt::format("at {:#x}", at.value);
      compared += length;
      zeros += std::ranges::count(std::span(one).first(length), std::byte{0}) == static_cast<std::ptrdiff_t>(length);
    }
  }
  EXPECT_GE(compared, std::uint64_t{255} << 20);
  EXPECT_GT(compared / one.size() - zeros, 200U);
}

INSTANTIATE_TEST_SUITE_P(Dumps, ForeignVmcore, testing::ValuesIn(scenarios()), [](const auto& entry) {
  std::string name = entry.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace alicia::dump

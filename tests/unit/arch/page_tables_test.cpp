// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/x86_64/page_tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "arch/translated_memory.hpp"
#include "unit/arch/fake_memory.hpp"

namespace alicia::arch::x86_64 {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t table_flags = 0x63;  // present, writable, accessed, dirty
constexpr std::uint64_t large_flags = 0xe3;  // and PS
constexpr PhysicalAddress root{0x1000};

/// Four-level tables built by hand:
///   0xffff888000000000 → PUD 1 GiB page at 0x40000000
///   0xffff888040200000 → PMD 2 MiB page at 0x200000
///   0xffff888040001000 → PTE page at 0x7000, its neighbour 0xffff888040002000 at 0x9000
class FourLevels : public testing::Test {
 protected:
  FourLevels() {
    memory.write(root + 273 * 8, 0x2000 | table_flags);
    memory.write(PhysicalAddress{0x2000 + 0 * 8}, 0x40000000 | large_flags);
    memory.write(PhysicalAddress{0x2000 + 1 * 8}, 0x3000 | table_flags);
    memory.write(PhysicalAddress{0x3000 + 0 * 8}, 0x4000 | table_flags);
    memory.write(PhysicalAddress{0x3000 + 1 * 8}, 0x8000000000200000 | large_flags);  // NX set: no part of the address
    memory.write(PhysicalAddress{0x3000 + 2 * 8}, 0x5000 | table_flags);
    memory.write(PhysicalAddress{0x4000 + 1 * 8}, 0x8000000000007000 | table_flags);
    memory.write(PhysicalAddress{0x4000 + 2 * 8}, 0x9000 | table_flags);
    memory.write(PhysicalAddress{0x4000 + 3 * 8}, 0x1234600);  // swapped out
    memory.write(PhysicalAddress{0x4000 + 4 * 8}, (~std::uint64_t{0xa000} & 0x000ffffffffff000) | 0x100);  // PROT_NONE
    memory.exclude(PhysicalAddress{0x5000});
    memory.write(PhysicalAddress{0x7ff8}, 0x1122334455667788);
    memory.write(PhysicalAddress{0x9000}, 0x99aabbccddeeff00);
  }
  test::FakeMemory memory;
  PageTables tables{memory, root, {}};
};

TEST_F(FourLevels, TranslatesEverySizeOfPage) {
  const auto gigabyte = tables.translate(VirtualAddress{0xffff888012345678});
  ASSERT_TRUE(gigabyte) << gigabyte.error().message;
  EXPECT_EQ(gigabyte->physical.value, 0x52345678U);
  EXPECT_EQ(gigabyte->page_bytes, 1U << 30);

  const auto two_megabytes = tables.translate(VirtualAddress{0xffff888040212345});
  ASSERT_TRUE(two_megabytes) << two_megabytes.error().message;
  EXPECT_EQ(two_megabytes->physical.value, 0x212345U);
  EXPECT_EQ(two_megabytes->page_bytes, 2U << 20);

  const auto four_kilobytes = tables.translate(VirtualAddress{0xffff888040001abc});
  ASSERT_TRUE(four_kilobytes) << four_kilobytes.error().message;
  EXPECT_EQ(four_kilobytes->physical.value, 0x7abcU);
  EXPECT_EQ(four_kilobytes->page_bytes, 4096U);
}

TEST_F(FourLevels, AnswersTheSameFromTheCache) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(tables.translate(VirtualAddress{0xffff888040001008})->physical.value, 0x7008U);
    EXPECT_EQ(tables.translate(VirtualAddress{0xffff888040201008})->physical.value, 0x201008U);
    EXPECT_EQ(tables.translate(VirtualAddress{0xffff888040201008})->page_bytes, 2U << 20);
  }
}

TEST_F(FourLevels, NamesTheLevelThatIsNotPresent) {
  const auto top = tables.translate(VirtualAddress{0xffffc90000000000});
  ASSERT_FALSE(top);
  EXPECT_EQ(top.error().code, ErrorCode::unmapped);
  EXPECT_EQ(top.error().address, 0xffffc90000000000U);
  EXPECT_THAT(top.error().message, HasSubstr("cannot translate 0xffffc90000000000: PGD 0x0"));

  const auto middle = tables.translate(VirtualAddress{0xffff888080000000});
  ASSERT_FALSE(middle);
  EXPECT_THAT(middle.error().message, HasSubstr("PUD 0x0 at physical 0x2010 not present"));

  const auto swapped = tables.translate(VirtualAddress{0xffff888040003000});
  ASSERT_FALSE(swapped);
  EXPECT_THAT(swapped.error().message, HasSubstr("PTE 0x1234600"));
  EXPECT_THAT(swapped.error().message, HasSubstr("swapped out"));
}

TEST_F(FourLevels, AnExcludedTableIsNotAnUnmappedAddress) {
  const auto result = tables.translate(VirtualAddress{0xffff888040400000});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::page_excluded);
  EXPECT_EQ(result.error().message,
            "cannot translate 0xffff888040400000: PTE table at physical 0x5000: page excluded from the dump");
}

TEST_F(FourLevels, FollowsPagesMadeInaccessible) {
  EXPECT_EQ(tables.translate(VirtualAddress{0xffff888040004010})->physical.value, 0xa010U);
}

TEST_F(FourLevels, RefusesNonCanonicalAddresses) {
  const auto result = tables.translate(VirtualAddress{0x0000888040001000});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::bad_address);
}

TEST_F(FourLevels, WalksEachTimeWhatMayChange) {
  PageTables changing{memory, root, {}};
  changing.remember_nothing();
  const VirtualAddress address{0xffff888040001abc};
  for (const PageTables* each : {&tables, &changing})
    EXPECT_EQ(each->translate(address)->physical.value, 0x7abcU);
  memory.write(PhysicalAddress{0x4000 + 1 * 8}, 0x9000 | table_flags);
  EXPECT_EQ(tables.translate(address)->physical.value, 0x7abcU);
  EXPECT_EQ(changing.translate(address)->physical.value, 0x9abcU);
}

TEST_F(FourLevels, TakesAnotherRootWithItsFlags) {
  memory.write(PhysicalAddress{0x11000 + 273 * 8}, 0x12000 | table_flags);
  memory.write(PhysicalAddress{0x12000}, 0x80000000 | large_flags);
  EXPECT_EQ(tables.translate(VirtualAddress{0xffff888000000010}, PhysicalAddress{0x8000000000011006})->physical.value,
            0x80000010U);
  EXPECT_EQ(tables.translate(VirtualAddress{0xffff888000000010})->physical.value, 0x40000010U);
}

TEST_F(FourLevels, TakesTheEncryptionBitOutOfAddresses) {
  constexpr std::uint64_t encrypted = std::uint64_t{1} << 47;
  test::FakeMemory other;
  other.write(root + 273 * 8, 0x2000 | encrypted | table_flags);
  other.write(PhysicalAddress{0x2000}, 0x40000000 | encrypted | large_flags);
  const PageTables sme(other, root, PagingMode{false, encrypted});
  EXPECT_EQ(sme.translate(VirtualAddress{0xffff888000000123})->physical.value, 0x40000123U);
}

TEST_F(FourLevels, ATableThatPointsToItselfEnds) {
  test::FakeMemory loop;
  for (std::uint64_t slot = 0; slot < 512; ++slot)
    loop.write(root + slot * 8, root.value | table_flags);
  const auto result = PageTables(loop, root, {}).translate(VirtualAddress{0xffff888040001010});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->physical.value, root.value + 0x10);
}

TEST(FiveLevels, Translates) {
  test::FakeMemory memory;
  memory.write(root + 0x1ff * 8, 0x2000 | table_flags);  // 0xffxx…
  memory.write(PhysicalAddress{0x2000 + 0x1ff * 8}, 0x3000 | table_flags);
  memory.write(PhysicalAddress{0x3000 + 510 * 8}, 0x4000 | table_flags);
  memory.write(PhysicalAddress{0x4000}, 0x1000000 | large_flags);
  memory.write(root + 0x111 * 8, 0x6000 | table_flags);  // 0xff11…: canonical with five levels only
  memory.write(PhysicalAddress{0x6000}, 0x7000 | table_flags);
  memory.write(PhysicalAddress{0x7000}, 0x40000000 | large_flags);
  const PageTables tables(memory, root, PagingMode{true, 0});
  EXPECT_EQ(tables.translate(VirtualAddress{0xffffffff80001234})->physical.value, 0x1001234U);
  EXPECT_EQ(tables.translate(VirtualAddress{0xff11000000000042})->physical.value, 0x40000042U);
  const auto missing = tables.translate(VirtualAddress{0xff11008000000000});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("P4D 0x0"));
}

TEST(KernelText, WrapsAroundWithANegativePhysBase) {
  EXPECT_EQ(kernel_text_physical(VirtualAddress{0xffffffffb0210000}, -190840832).value,
            0xb0210000 - 0x80000000 - 190840832);
}

TEST_F(FourLevels, ReadsAcrossPagesThatAreApart) {
  const TranslatedMemory virtual_memory(memory, tables);
  std::array<std::byte, 16> bytes{};
  ASSERT_TRUE(virtual_memory.read(VirtualAddress{0xffff888040001ff8}, bytes));
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), bytes.data(), sizeof words);
  EXPECT_EQ(words[0], 0x1122334455667788U);
  EXPECT_EQ(words[1], 0x99aabbccddeeff00U);
}

TEST_F(FourLevels, SaysWhichByteOfAReadIsNotThere) {
  memory.exclude(PhysicalAddress{0x9000});
  const TranslatedMemory virtual_memory(memory, tables);
  std::array<std::byte, 16> bytes{};
  const auto across = virtual_memory.read(VirtualAddress{0xffff888040001ff8}, bytes);
  ASSERT_FALSE(across);
  EXPECT_EQ(across.error().code, ErrorCode::page_excluded);
  EXPECT_EQ(across.error().address, 0xffff888040002000U);
  EXPECT_EQ(across.error().message,
            "cannot read 16 bytes at 0xffff888040001ff8: page excluded from the dump at 0xffff888040002000");
  const auto first = virtual_memory.read(VirtualAddress{0xffff888040002000}, std::span(bytes).first(8));
  EXPECT_EQ(first.error().message, "cannot read 8 bytes at 0xffff888040002000: page excluded from the dump");
  const auto unmapped = virtual_memory.read(VirtualAddress{0x10}, std::span(bytes).first(1));
  EXPECT_EQ(unmapped.error().message, "cannot read 1 byte at 0x10: PGD 0x0 at physical 0x1000 not present");
  const auto wrapping = virtual_memory.read(VirtualAddress{0xfffffffffffffff8}, bytes);
  EXPECT_EQ(wrapping.error().code, ErrorCode::bad_address);
}

TEST_F(FourLevels, ManyThreadsAgree) {
  for (std::uint64_t slot = 8; slot < 512; ++slot)
    memory.write(PhysicalAddress{0x4000 + slot * 8}, (slot << 20) | table_flags);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&] {
      for (int round = 0; round < 40; ++round)
        for (std::uint64_t slot = 8; slot < 512; ++slot)
          if (tables.translate(VirtualAddress{0xffff888040000000 + (slot << 12)})->physical.value != slot << 20)
            ++wrong;
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace alicia::arch::x86_64

// SPDX-License-Identifier: GPL-3.0-or-later
// Page tables of i386 and aarch64, written down as text: `TABLE[ENTRY] = VALUE`, one a line, all hexadecimal but ENTRY.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "arch/aarch64/page_tables.hpp"
#include "arch/i386/page_tables.hpp"
#include "unit/arch/fake_memory.hpp"

namespace alicia::arch {
namespace {

using testing::HasSubstr;

/// Lays tables out. The memory has 64-bit words only, so entries of 4 bytes are put together two by two.
test::FakeMemory laid_out(const std::string& text, unsigned entry_bytes) {
  test::FakeMemory memory;
  std::map<std::uint64_t, std::uint64_t> words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::uint64_t table = 0, entry = 0, value = 0;
    char bracket = 0, equals = 0;
    std::istringstream words_of(line);
    if (!(words_of >> std::hex >> table >> bracket >> std::dec >> entry >> bracket >> equals >> std::hex >> value))
      continue;
    const std::uint64_t at = table + entry * entry_bytes;
    words[at & ~std::uint64_t{7}] |= value << (at % 8 * 8);
  }
  for (const auto& [at, value] : words)
    memory.write(PhysicalAddress{at}, value);
  return memory;
}

std::string translated(const Translator& tables, std::uint64_t address) {
  const auto found = tables.translate(VirtualAddress{address});
  if (!found) return found.error().message;
  return fmt::format("{:x} of {} KiB", found->physical.value, found->page_bytes / 1024);
}

TEST(I386, TwoLevels) {
  const auto memory = laid_out(R"(
      1000[768]  = 000001e3
      1000[769]  = 00002067
      1000[770]  = 00c021e3
      1000[771]  = 00003066
      2000[0]    = 12345063
      2000[1023] = 8765c003
      2000[2]    = 00abc100
      2000[3]    = 00001240)",
                               4);
  const i386::PageTables tables(memory, PhysicalAddress{0x1000}, false);
  EXPECT_EQ(translated(tables, 0xc0123456), "123456 of 4096 KiB");
  EXPECT_EQ(translated(tables, 0xc0400abc), "12345abc of 4 KiB");
  EXPECT_EQ(translated(tables, 0xc07fffff), "8765cfff of 4 KiB");
  EXPECT_EQ(translated(tables, 0xc0800001), "100c00001 of 4096 KiB");  // PSE-36: bit 13 is bit 32
  EXPECT_EQ(translated(tables, 0xc0402004), "abc004 of 4 KiB");        // PROT_NONE
  EXPECT_THAT(translated(tables, 0xc0403000), HasSubstr("PTE 0x1240 at physical 0x200c not present (swapped out"));
  EXPECT_THAT(translated(tables, 0xc0c00000), HasSubstr("PGD 0x3066 at physical 0x1c0c not present"));
  EXPECT_THAT(translated(tables, 0x1c0123456), HasSubstr("beyond the 32 bits"));
}

TEST(I386, Pae) {
  const auto memory = laid_out(R"(
      1020[3] = 0000000000002001
      1020[0] = 0000000000004001
      2000[0] = 00000000000000e3
      2000[1] = 8000000000003063
      2000[2] = 00000003ffe001e3
      3000[0] = 8000000212345063
      3000[4] = 000fffffff543100
      3000[5] = 0000001200000000
      4000[0] = 0000000000003067)",
                               8);
  const i386::PageTables tables(memory, PhysicalAddress{0x1020}, true);
  EXPECT_EQ(translated(tables, 0xc0012345), "12345 of 2048 KiB");
  EXPECT_EQ(translated(tables, 0xc0200678), "212345678 of 4 KiB");
  EXPECT_EQ(translated(tables, 0xc0400000), "3ffe00000 of 2048 KiB");
  EXPECT_EQ(translated(tables, 0xc0204010), "abc010 of 4 KiB");  // PROT_NONE, the address inverted
  EXPECT_THAT(translated(tables, 0xc0205000), HasSubstr("not present (swapped out"));
  EXPECT_THAT(translated(tables, 0xc0600000), HasSubstr("PMD 0x0 at physical 0x2018"));
  EXPECT_EQ(translated(tables, 0x00000001), "212345001 of 4 KiB");
  // A CR3 with flags in its lowest five bits.
  const auto of_task = tables.translate(VirtualAddress{0xc0012345}, PhysicalAddress{0x1038});
  ASSERT_TRUE(of_task) << of_task.error().message;
  EXPECT_EQ(of_task->physical.value, 0x12345U);
}

struct Aarch64 : testing::Test {
  static aarch64::PageTables tables(const PhysicalMemory& memory, aarch64::PagingMode mode) {
    EXPECT_TRUE(aarch64::PageTables::is_possible(mode));
    return aarch64::PageTables(memory, PhysicalAddress{0x10000}, mode);
  }
};

TEST_F(Aarch64, PagesOf4KiBWith48Bits) {
  const auto memory = laid_out(R"(
      10000[256] = 0000000000011003
      10000[257] = 0000000000011001
      11000[1]   = 0060000080000f01
      11000[2]   = 0000000000012003
      12000[3]   = 0060000001200f01
      12000[4]   = 0000000000013003
      13000[5]   = 0068000012345f03
      13000[6]   = 0068000012345f01
      13000[7]   = 0400000000abc000
      13000[8]   = 0000000000001200)",
                               8);
  const auto four = tables(memory, {12, 48, 48});
  EXPECT_EQ(translated(four, 0xffff800052345678), "92345678 of 1048576 KiB");
  EXPECT_EQ(translated(four, 0xffff800080612345), "1212345 of 2048 KiB");
  EXPECT_EQ(translated(four, 0xffff800080805abc), "12345abc of 4 KiB");
  EXPECT_THAT(translated(four, 0xffff800080806000), HasSubstr("PTE 0x68000012345f01"));  // no block at the last level
  EXPECT_EQ(translated(four, 0xffff800080807010), "abc010 of 4 KiB");                    // PROT_NONE
  EXPECT_THAT(translated(four, 0xffff800080808000), HasSubstr("swapped out"));
  EXPECT_THAT(translated(four, 0xffff808000000000), HasSubstr("PGD 0x11001"));  // no block at the top
  EXPECT_THAT(translated(four, 0x0000800080805abc), HasSubstr("an address of user space"));
  EXPECT_THAT(translated(four, 0x1234800080805abc), HasSubstr("neither the kernel's nor a user's"));
  // Built for 52 bits, on a processor with 48: another number of levels, so the tables are the same.
  EXPECT_EQ(translated(tables(memory, {12, 52, 48}), 0xffff800080805abc), "12345abc of 4 KiB");
}

TEST_F(Aarch64, AddressesOfATaskAreLookedUpInItsTables) {
  const auto memory = laid_out(R"(
      10000[0] = 0000000000011003
      11000[0] = 0060000080000f01
      20000[0] = 0000000000021003
      21000[0] = 00600000c0000f41
      10000[511] = 0000000000011003)",
                               8);
  const auto four = tables(memory, {12, 48, 48});
  // A TTBR0 with an ASID and its lowest bit set.
  const auto user = four.translate(VirtualAddress{0x1234}, PhysicalAddress{0x0007000000020001});
  ASSERT_TRUE(user) << user.error().message;
  EXPECT_EQ(user->physical.value, 0xc0001234U);
  const auto kernel = four.translate(VirtualAddress{0xffffff8000001234}, PhysicalAddress{0x20000});
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ(kernel->physical.value, 0x80001234U);
}

TEST_F(Aarch64, FiveLevelsWithLpa2) {
  // The addresses of entries have bits 51-50 in bits 9-8, and 49-48 in place.
  const auto memory = laid_out(R"(
      10000[15]  = 0000000000011003
      11000[511] = 0000000000012003
      12000[511] = 0000000000013003
      13000[511] = 0003000001200301
      13000[510] = 0000000000014003
      14000[1]   = 0068000012345f03)",
                               8);
  const auto five = tables(memory, {12, 52, 52});
  EXPECT_EQ(translated(five, 0xffffffffffe12345), "f000001212345 of 2048 KiB");
  EXPECT_EQ(translated(five, 0xffffffffffc01abc), "c000012345abc of 4 KiB");
}

TEST_F(Aarch64, PagesOf16KiB) {
  // 47 bits: three levels; the top one has 11 bits, of which addresses with 47 use all.
  const auto three = laid_out(R"(
      10000[2047] = 0000000000014003
      14000[1]    = 0060000006000f01
      14000[0]    = 0000000000018003
      18000[2]    = 0068000012344f03)",
                              8);
  EXPECT_EQ(translated(tables(three, {14, 52, 47}), 0xfffffff002345678), "6345678 of 32768 KiB");
  EXPECT_EQ(translated(tables(three, {14, 52, 47}), 0xfffffff00000babc), "12347abc of 16 KiB");
  // 52 bits: four levels, the top one has 5.
  const auto four = laid_out(R"(
      10000[31]   = 0000000000014003
      14000[2047] = 0000000000018003
      18000[2046] = 0000000000020003
      18000[2047] = 0000000002000f01
      20000[1]    = 0068000012344c03)",
                             8);
  EXPECT_EQ(translated(tables(four, {14, 52, 52}), 0xfffffffffc004abc), "12344abc of 16 KiB");
  EXPECT_EQ(translated(tables(four, {14, 52, 52}), 0xffffffffff234567), "c000003234567 of 32768 KiB");
}

TEST_F(Aarch64, PagesOf64KiB) {
  // Built for 52 bits: the top table has 1,024 entries, and addresses of 48 bits use the last 64 of them.
  const auto memory = laid_out(R"(
      10000[1023] = 0000000000020003
      20000[8191] = 00600000e0000f01
      20000[8190] = 0000000000030003
      30000[5]    = 006800001234fc03)",
                               8);
  for (const unsigned bits : {52U, 48U}) {
    const auto three = tables(memory, {16, 52, bits});
    EXPECT_EQ(translated(three, 0xffffffffe1234567), "e1234567 of 524288 KiB");
    EXPECT_EQ(translated(three, 0xffffffffc0051234), "f000012341234 of 64 KiB");  // bits 15-12 are bits 51-48
  }
  // Built for 42 bits: two levels.
  const auto small = laid_out(R"(
      10000[8191] = 0000000000020003
      20000[8191] = 0068000012340f03)",
                              8);
  EXPECT_EQ(translated(tables(small, {16, 42, 42}), 0xfffffffffffff123), "1234f123 of 64 KiB");
}

TEST_F(Aarch64, PagesOf4KiBWith39Bits) {
  const auto memory = laid_out(R"(
      10000[511] = 0000000000011003
      11000[511] = 0000000000012003
      12000[511] = 0068000012345f03)",
                               8);
  EXPECT_EQ(translated(tables(memory, {12, 39, 39}), 0xfffffffffffff123), "12345123 of 4 KiB");
}

TEST_F(Aarch64, ImpossibleModesAreKnown) {
  for (const aarch64::PagingMode mode : {aarch64::PagingMode{13, 48, 48}, {12, 48, 52}, {12, 64, 64}, {16, 20, 16}})
    EXPECT_FALSE(aarch64::PageTables::is_possible(mode));
}

TEST_F(Aarch64, ATableThatIsNotThereIsNamed) {
  auto memory = laid_out("10000[511] = 0000000000011003\n", 8);
  memory.exclude(PhysicalAddress{0x11000});
  EXPECT_THAT(translated(tables(memory, {12, 48, 48}), 0xffffffffffffffff),
              HasSubstr("PUD table at physical 0x11000: page excluded from the dump"));
}

TEST_F(Aarch64, TablesThatPointToThemselvesEnd) {
  const auto memory = laid_out("10000[511] = 0000000000010003\n", 8);
  EXPECT_EQ(translated(tables(memory, {12, 52, 52}), 0xffffffffffffffff).empty(), false);
}

}  // namespace
}  // namespace alicia::arch

// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/kallsyms.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/symbols/kallsyms_image.hpp"

namespace alicia::symbols {
namespace {

using test::KallsymsImage;
using test::KallsymsShape;
using test::PlainSymbol;
using testing::HasSubstr;

constexpr std::uint64_t base = 0xffffffffae800000;

/// Some 3,000 symbols with what real tables have: per-CPU offsets, aliases, repeated names, a name of two length bytes.
std::vector<PlainSymbol> some_symbols(bool percpu = true) {
  std::vector<PlainSymbol> symbols;
  if (percpu) {
    symbols.push_back({0, 'A', "fixed_percpu_data"});
    symbols.push_back({0x2ff40, 'A', "runqueues"});
  }
  symbols.push_back({base, 'T', "_text"});
  symbols.push_back({base, 'T', "_stext"});
  for (unsigned number = 0; number < 1500; ++number) {
    symbols.push_back({base + 0x1000 + number * 0x40, 'T', fmt::format("sys_call_{}", number)});
    symbols.push_back({base + 0x1010 + number * 0x40, 't', fmt::format("__func__.{}", number % 7)});
  }
  symbols.push_back({base + 0x100000, 'D', "init_task"});
  symbols.push_back({base + 0x200000, 't', std::string(300, 'z')});
  symbols.push_back({base + 0x300000, 'B', "_end"});
  return symbols;
}

Result<std::unique_ptr<Kallsyms>> open(const KallsymsImage& image) {
  const std::array known{KnownSymbol{"_stext", VirtualAddress{base}}};
  return Kallsyms::read(image.memory, image.location, known);
}

class Shapes : public testing::TestWithParam<KallsymsShape> {};

TEST_P(Shapes, EverySymbolIsFoundBothWays) {
  const auto symbols = some_symbols(GetParam().absolute_percpu);
  const KallsymsImage image(symbols, base, GetParam());
  const auto table = open(image);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT((*table)->warnings(), testing::IsEmpty());

  std::vector<std::string> seen;
  (*table)->for_each([&](const Symbol& symbol) {
    seen.push_back(fmt::format("{:x} {} {}", symbol.address.value, symbol.type, symbol.name));
    return true;
  });
  std::vector<std::string> expected;
  for (const auto& symbol : symbols)
    expected.push_back(fmt::format("{:x} {} {}", symbol.address, symbol.type, symbol.name));
  EXPECT_EQ(seen, expected);

  std::map<std::string, std::uint64_t> lowest;
  for (const auto& symbol : symbols)
    lowest.try_emplace(symbol.name, symbol.address);
  for (const auto& [name, address] : lowest) {
    const auto found = (*table)->find(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->address.value, address) << name;
  }
  EXPECT_FALSE((*table)->find("sys_call_1500"));
  EXPECT_FALSE((*table)->find(""));
  EXPECT_FALSE((*table)->find("Tsys_call_1"));
}

INSTANTIATE_TEST_SUITE_P(Kernels, Shapes,
                         testing::Values(KallsymsShape{},                        // 6.1.0
                                         KallsymsShape{true, true, true, 4},     // 6.1 stable
                                         KallsymsShape{true, false, false, 4},   // 6.12
                                         KallsymsShape{false, false, false, 4},  // aarch64, x86_64 of later kernels
                                         KallsymsShape{true, true, false, 8},    // before 4.20
                                         KallsymsShape{true, true, false, 0}));  // markers not found

TEST(Kallsyms, TellsAddressesAsTheKernelDoes) {
  const KallsymsImage image(some_symbols(), base, {});
  const auto table = open(image);
  ASSERT_TRUE(table);
  const auto at = [&](std::uint64_t address) -> std::string {
    const auto found = (*table)->at(VirtualAddress{address});
    return found ? fmt::format("{}+{:#x}", found->symbol.name, found->offset) : "nothing";
  };
  EXPECT_EQ(at(base), "_text+0x0");  // the first of two names of one address
  EXPECT_EQ(at(base + 0x10), "_text+0x10");
  EXPECT_EQ(at(base + 0x1000), "sys_call_0+0x0");
  EXPECT_EQ(at(base + 0x100123), "init_task+0x123");
  EXPECT_EQ(at(base + 0x300000), "_end+0x0");
  EXPECT_EQ(at(base + 0x300001), "nothing");
  EXPECT_EQ(at(base - 1), "nothing");
  EXPECT_EQ(at(0x2ff40), "nothing");  // a per-CPU offset is no address
}

TEST(Kallsyms, AHoleInTheNamesCostsOnlyTheNamesInIt) {
  KallsymsImage image(some_symbols(), base, {});
  const VirtualAddress hole{(image.location.names.value + 8192) & ~std::uint64_t{4095}};
  ASSERT_LT(hole.value + 4096, image.names_end.value);
  image.memory.exclude_page(hole);
  const auto table = open(image);
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ((*table)->warnings().size(), 1U);
  EXPECT_THAT((*table)->warnings().front(), HasSubstr("kallsyms names: 4096 bytes missing"));
  EXPECT_TRUE((*table)->find("sys_call_0"));
  EXPECT_TRUE((*table)->find("init_task"));
  unsigned known = 0;
  (*table)->for_each([&](const Symbol& symbol) {
    EXPECT_FALSE(symbol.name.empty());
    ++known;
    return true;
  });
  EXPECT_LT(known, some_symbols().size());
  EXPECT_GT(known + 1000, some_symbols().size());
}

TEST(Kallsyms, AHoleInTheOffsetsCostsOnlyThoseAddresses) {
  KallsymsImage image(some_symbols(), base, {});
  image.memory.exclude_page(VirtualAddress{(image.location.offsets.value + 4096) & ~std::uint64_t{4095}});
  const auto table = open(image);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT((*table)->warnings().front(), HasSubstr("kallsyms offsets"));
  EXPECT_TRUE((*table)->find("init_task"));
  EXPECT_EQ((*table)->at(VirtualAddress{base + 0x100008})->symbol.name, "init_task");
}

TEST(Kallsyms, SaysWhichTableIsMissing) {
  KallsymsImage image(some_symbols(), base, {});
  for (std::uint64_t page = image.location.names.value & ~std::uint64_t{4095}; page < image.names_end.value;
       page += 4096)
    image.memory.exclude_page(VirtualAddress{page});
  const auto table = open(image);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::page_excluded);
  EXPECT_THAT(table.error().message, HasSubstr("kallsyms "));
}

TEST(Kallsyms, KnownAddressesDecideWhatOffsetsMean) {
  const KallsymsImage image(some_symbols(), base, {});
  const std::array wrong{KnownSymbol{"_stext", VirtualAddress{base + 0x1000}}};
  const auto table = Kallsyms::read(image.memory, image.location, wrong);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::corrupt);
  const std::array unlisted{KnownSymbol{"not_in_kallsyms", VirtualAddress{1}}};
  EXPECT_TRUE(Kallsyms::read(image.memory, image.location, unlisted));
}

TEST(Kallsyms, AnUnsortedTableIsSorted) {
  auto symbols = some_symbols();
  std::swap(symbols[10], symbols[2000]);
  const KallsymsImage image(symbols, base, {});
  const auto table = open(image);
  ASSERT_TRUE(table);
  std::uint64_t last = 0;
  (*table)->for_each([&](const Symbol& symbol) {
    EXPECT_GE(symbol.address.value, last);
    last = symbol.address.value;
    return true;
  });
  EXPECT_EQ((*table)->at(VirtualAddress{base + 0x100008})->symbol.name, "init_task");
}

TEST(HostileKallsyms, ImpossibleCounts) {
  for (const std::uint32_t count : {0U, 0xffffffffU, 3'999'999U}) {
    KallsymsImage image(some_symbols(), base, {});
    image.memory.overwrite(image.location.num_syms, count);
    const auto table = open(image);
    ASSERT_FALSE(table) << count;
    EXPECT_EQ(table.error().code, ErrorCode::corrupt) << count;
  }
}

TEST(HostileKallsyms, MoreSymbolsThanNames) {
  KallsymsImage image(some_symbols(), base, {true, true, false, 0});
  image.memory.overwrite(image.location.num_syms, static_cast<std::uint32_t>(some_symbols().size() + 500));
  const auto table = open(image);
  if (!table) return;  // refused is as good
  (*table)->for_each([](const Symbol&) { return true; });
}

TEST(HostileKallsyms, TokensBeyondTheTable) {
  KallsymsImage image(some_symbols(), base, {});
  image.memory.overwrite(image.location.token_index + 2 * 'T', std::uint16_t{0xfff0});
  const auto table = open(image);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::corrupt);
  EXPECT_THAT(table.error().message, HasSubstr("token 84"));
}

TEST(HostileKallsyms, TablesInTheWrongOrder) {
  KallsymsImage image(some_symbols(), base, {});
  std::swap(image.location.names, image.location.token_table);
  EXPECT_EQ(open(image).error().code, ErrorCode::corrupt);
  std::swap(image.location.names, image.location.token_table);
  std::swap(image.location.token_index, image.location.token_table);
  EXPECT_EQ(open(image).error().code, ErrorCode::corrupt);
}

TEST(HostileKallsyms, LengthsThatLeaveTheTable) {
  KallsymsImage image(some_symbols(), base, {});
  for (std::uint64_t at = image.names_end.value - 300; at < image.names_end.value; ++at)
    image.memory.overwrite(VirtualAddress{at}, std::uint8_t{0xff});
  const auto table = open(image);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT((*table)->warnings().front(), HasSubstr("damaged"));
  EXPECT_TRUE((*table)->find("sys_call_7"));
}

}  // namespace
}  // namespace alicia::symbols

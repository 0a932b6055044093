// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/kallsyms_search.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "unit/symbols/kallsyms_image.hpp"

namespace alicia::symbols {
namespace {

using test::KallsymsImage;
using test::KallsymsShape;
using test::PlainSymbol;

std::uint64_t image_base(const KallsymsShape& shape) {
  return shape.word_bytes == 4 ? 0xc1000000U : 0xffffffff81000000U;
}

std::vector<PlainSymbol> some_symbols(const KallsymsShape& shape) {
  const std::uint64_t base = image_base(shape);
  std::vector<PlainSymbol> symbols;
  if (shape.absolute_percpu) symbols.push_back({0x2ff40, 'A', "runqueues"});
  symbols.push_back({base, 'T', "_stext"});
  for (unsigned number = 0; number < 4000; ++number)
    symbols.push_back({base + 0x1000 + number * 0x40, 'T', fmt::format("sys_call_{}", number * 7919 % 4001)});
  symbols.push_back({base + 0x200000, 't', std::string(300, 'z')});
  symbols.push_back({base + 0x300000, 'B', "_end"});
  return symbols;
}

struct Laid {
  std::unique_ptr<KallsymsImage> image;
  KallsymsSearchArea area;
};

/// The tables between other things, in an area with nothing before and behind it.
Laid lay(const KallsymsShape& shape) {
  const VirtualAddress at{image_base(shape) + 0x1120000};
  Laid laid{std::make_unique<KallsymsImage>(some_symbols(shape), image_base(shape), shape, at), {}};
  std::mt19937 random(1);
  for (unsigned word = 0; word < 100'000; ++word)
    laid.image->memory.append_value(static_cast<std::uint32_t>(random()));
  laid.image->memory.align(4096);
  laid.area = {VirtualAddress{image_base(shape)}, laid.image->memory.end(), laid.image->memory.end() + 0x100000,
               shape.word_bytes};
  return laid;
}

Result<std::unique_ptr<Kallsyms>> search(const MemoryReader& memory, const KallsymsSearchArea& area,
                                         std::uint64_t stext) {
  const std::array known{KnownSymbol{"_stext", VirtualAddress{stext}}};
  const Cancellation cancellation;
  std::unique_ptr<Kallsyms> found;
  auto result = find_kallsyms(
      memory, area,
      [&](const KallsymsLocation& location) {
        auto table = Kallsyms::read(memory, location, known);
        if (!table || (*table)->count_agreeing(known) == 0) return false;
        found = std::move(*table);
        return true;
      },
      cancellation);
  if (!result) return failure(std::move(result));
  return found;
}

class FoundShapes : public testing::TestWithParam<KallsymsShape> {};

TEST_P(FoundShapes, AreFoundWithEverySymbol) {
  const Laid laid = lay(GetParam());
  const auto table = search(laid.image->memory, laid.area, image_base(GetParam()));
  ASSERT_TRUE(table) << table.error().message;
  std::vector<std::string> seen, expected;
  (*table)->for_each([&](const Symbol& symbol) {
    seen.push_back(fmt::format("{:x} {} {}", symbol.address.value, symbol.type, symbol.name));
    return true;
  });
  for (const auto& symbol : some_symbols(GetParam()))
    expected.push_back(fmt::format("{:x} {} {}", symbol.address, symbol.type, symbol.name));
  EXPECT_EQ(seen, expected);
}

TEST_P(FoundShapes, AreFoundOnlyIfAKnownSymbolAgrees) {
  const Laid laid = lay(GetParam());
  const auto table = search(laid.image->memory, laid.area, image_base(GetParam()) + 16);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::no_such_symbol);
}

INSTANTIATE_TEST_SUITE_P(Kernels, FoundShapes,
                         testing::Values(KallsymsShape{},
                                         KallsymsShape{true, true, true, 4},            // 6.1 and its stable versions
                                         KallsymsShape{true, false, false, 4},          // 6.12
                                         KallsymsShape{false, false, false, 4},         // aarch64
                                         KallsymsShape{false, true, false, 4},          // aarch64 of 5.10
                                         KallsymsShape{true, true, false, 8},           // before 4.20
                                         KallsymsShape{true, true, false, 8, 8, true},  // before 4.6
                                         KallsymsShape{false, true, false, 4, 4},       // i386
                                         KallsymsShape{false, true, true, 4, 4},
                                         KallsymsShape{false, false, false, 4, 4},
                                         KallsymsShape{false, true, false, 4, 4, true}));

TEST(KallsymsSearch, HolesBesideTheTablesDoNotMatter) {
  Laid laid = lay({});
  const VirtualAddress behind = laid.image->location.token_index + 8192;
  laid.image->memory.exclude_page(behind);
  // In the names themselves one costs what it does when VMCOREINFO names them.
  const VirtualAddress names{(laid.image->location.names.value + 8192) & ~std::uint64_t{4095}};
  ASSERT_LT(names.value + 8192, laid.image->names_end.value);
  laid.image->memory.exclude_page(names);
  const auto table = search(laid.image->memory, laid.area, image_base({}));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ((*table)->warnings().size(), 1U);
}

TEST(HostileKallsymsSearch, DamagedTablesAreNotFound) {
  for (const auto damage : {&KallsymsLocation::num_syms, &KallsymsLocation::token_index}) {
    Laid laid = lay({});
    laid.image->memory.overwrite(laid.image->location.*damage, std::uint32_t{0x01010101});
    EXPECT_FALSE(search(laid.image->memory, laid.area, image_base({})));
  }
  Laid laid = lay({});
  laid.image->memory.exclude_page(laid.image->location.token_table);
  laid.image->memory.exclude_page(laid.image->location.token_index);
  EXPECT_FALSE(search(laid.image->memory, laid.area, image_base({})));
}

/// Memory without end that holds the same good tables again and again.
class Repeating final : public MemoryReader {
 public:
  explicit Repeating(std::vector<std::byte> pattern) : pattern_(std::move(pattern)) {}
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    bytes_read_ += out.size();
    for (std::size_t at = 0; at < out.size(); ++at)
      out[at] = pattern_[(address.value + at) % pattern_.size()];
    return {};
  }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  std::vector<std::byte> pattern_;
  mutable std::atomic<std::uint64_t> bytes_read_ = 0;
};

TEST(HostileKallsymsSearch, TablesWithoutEndAreGivenUp) {
  Laid laid = lay({});
  std::vector<std::byte> pattern(laid.image->memory.end() - laid.image->location.offsets);
  ASSERT_TRUE(laid.image->memory.read(laid.image->location.offsets, pattern));
  const Repeating memory(std::move(pattern));
  const KallsymsSearchArea area{VirtualAddress{0}, VirtualAddress{~std::uint64_t{0}},
                                VirtualAddress{~std::uint64_t{0}}};
  EXPECT_FALSE(search(memory, area, 0x1234));
  EXPECT_LT(memory.bytes_read(), std::uint64_t{2} << 30);
}

TEST(HostileKallsymsSearch, CountsWithoutEndAreGivenUp) {
  // A token table, and before it nothing but numbers of symbols.
  KallsymsImage image(some_symbols({}), image_base({}), {});
  std::vector<std::byte> pattern(std::size_t{8} << 20);
  for (std::size_t at = 0; at < pattern.size(); at += 8)
    std::memcpy(&pattern[at], std::array<std::uint32_t, 2>{200'000, 0}.data(), 8);
  std::vector<std::byte> tokens(image.location.token_index + 512 - image.location.token_table);
  ASSERT_TRUE(image.memory.read(image.location.token_table, tokens));
  std::ranges::copy(tokens, pattern.end() - static_cast<std::ptrdiff_t>(tokens.size() + 4096));
  const Repeating memory(std::move(pattern));
  const KallsymsSearchArea area{VirtualAddress{0}, VirtualAddress{~std::uint64_t{0}},
                                VirtualAddress{~std::uint64_t{0}}};
  EXPECT_FALSE(search(memory, area, 0x1234));
}

TEST(HostileKallsymsSearch, StopsWhenItIsInterrupted) {
  const Laid laid = lay({});
  Cancellation cancellation;
  cancellation.request();
  const auto searched = find_kallsyms(
      laid.image->memory, laid.area, [](const KallsymsLocation&) { return true; }, cancellation);
  ASSERT_FALSE(searched);
  EXPECT_EQ(searched.error().code, ErrorCode::interrupted);
}

}  // namespace
}  // namespace alicia::symbols

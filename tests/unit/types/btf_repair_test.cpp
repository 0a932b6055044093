// SPDX-License-Identifier: GPL-3.0-or-later
// A page is taken out of BTF: what is left has to be what it was, under the number it had.
#include "types/btf_repair.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "types/btf_source.hpp"
#include "unit/types/btf_builder.hpp"

namespace alicia::types {
namespace {

constexpr std::size_t page = 4096;

/// Some thousand types in the proportions of a kernel's: structs, pointers, prototypes, functions, variables.
std::vector<std::byte> many_types() {
  BtfBuilder out;
  std::mt19937 random(7);
  std::vector<int> types{out.integer("long unsigned int", 8), out.integer("int", 4, BTF_INT_SIGNED)};
  const auto any = [&] { return types[random() % types.size()]; };
  for (unsigned number = 0; number < 800; ++number) {
    const std::string name = fmt::format("structure_{}", number);
    std::vector<std::string> names;
    std::vector<BtfBuilder::Field> fields;
    for (unsigned field = 0; field < random() % 20; ++field)
      names.push_back(fmt::format("member_{}_{}", number, field));
    for (std::size_t field = 0; field < names.size(); ++field)
      fields.push_back({names[field].c_str(), any(), static_cast<unsigned>(field * 64)});
    types.push_back(out.structure(name.c_str(), static_cast<unsigned>(fields.size() * 8), fields));
    types.push_back(out.pointer(any()));
    types.push_back(out.enumeration(fmt::format("enum_{}", number).c_str(), 4, {{"VALUE", number}}));
    const int proto = out.prototype(any());
    for (unsigned parameter = 0; parameter < random() % 5; ++parameter)
      out.parameter(fmt::format("p{}", parameter).c_str(), any());
    out.function(fmt::format("function_{}", number).c_str(), proto);
  }
  return out.bytes();
}

std::string described(TypeSource& source, TypeId id) {
  const Type& type = source.type(id);
  std::string text = fmt::format("{} {} {} {} {}", static_cast<int>(type.kind), type.size, type.target, type.count,
                                 static_cast<int>(type.encoding));
  for (const Member& member : type.members)
    text += fmt::format(" {}:{}:{}", member.type, member.bit_offset, member.bitfield_bits);
  for (const Enumerator& each : type.enumerators)
    text += fmt::format(" {}", each.value);
  for (const Parameter& each : type.parameters)
    text += fmt::format(" {}", each.type);
  return text;
}

/// How many types of `whole` are lost in what was repaired; all others have to be the same, names that are lost apart.
unsigned expect_the_rest(BtfSource& whole, const RepairedBtf& repaired) {
  const auto source = BtfSource::create(repaired.bytes);
  EXPECT_TRUE(source) << source.error().message;
  if (!source) return 0;
  const TypeId end = whole.range().second;
  EXPECT_LE((*source)->range().second, end);
  unsigned lost = 0;
  for (TypeId id = 1; id < end; ++id) {
    const Type& before = whole.type(id);
    const Type& after = (*source)->type(id);
    if (id >= (*source)->range().second || (after.kind == Kind::forward && after.name == lost_name)) {
      ++lost;
      continue;
    }
    EXPECT_EQ(described(**source, id), described(whole, id)) << id;
    EXPECT_THAT(after.name, testing::AnyOf(before.name, lost_name));
    for (std::size_t member = 0; member < before.members.size(); ++member)
      EXPECT_THAT(after.members[member].name, testing::AnyOf(before.members[member].name, lost_name));
    if (testing::Test::HasFailure()) break;
  }
  return lost;
}

std::vector<std::byte> without(std::vector<std::byte> data, std::vector<BtfHole>& holes) {
  for (BtfHole& hole : holes) {
    hole.end = std::min(hole.end, data.size());
    std::fill(data.begin() + static_cast<std::ptrdiff_t>(hole.begin),
              data.begin() + static_cast<std::ptrdiff_t>(hole.end), std::byte{0});
  }
  return data;
}

TEST(BtfRepair, AnyPageMayBeMissing) {
  const auto data = many_types();
  const auto whole = BtfSource::create(data).value();
  for (std::size_t begin = 0; begin < data.size(); begin += page) {
    std::vector<BtfHole> holes{{begin, begin + page}};
    const auto repaired = repair_btf(without(data, holes), holes);
    ASSERT_TRUE(repaired) << begin << ": " << repaired.error().message;
    const unsigned lost = expect_the_rest(*whole, *repaired);
    EXPECT_LT(lost, 342U + 2) << "more than fit a page, at " << begin;
    EXPECT_TRUE(lost != 0 || repaired->lost_names != 0) << begin;
    ASSERT_FALSE(HasFailure()) << begin;
  }
}

TEST(BtfRepair, SeveralPagesMayBeMissing) {
  const auto data = many_types();
  const auto whole = BtfSource::create(data).value();
  std::mt19937 random(11);
  unsigned saved = 0;
  for (unsigned round = 0; round < 40; ++round) {
    std::vector<BtfHole> holes;
    for (std::size_t begin = 0; begin < data.size(); begin += page)
      if (random() % 12 == 0) holes.push_back({begin, begin + page});
    const auto repaired = repair_btf(without(data, holes), holes);
    if (!repaired) continue;
    ++saved;
    expect_the_rest(*whole, *repaired);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(saved, 20U);
}

TEST(BtfRepair, RubbishIsRefused) {
  std::vector<std::byte> rubbish(100'000, std::byte{0x7f});
  const std::vector<BtfHole> holes{{4096, 8192}};
  EXPECT_FALSE(repair_btf(rubbish, holes));
  rubbish.resize(10);
  EXPECT_FALSE(repair_btf(rubbish, {}));
  const auto data = many_types();
  const std::vector<BtfHole> all{{0, data.size()}};
  EXPECT_FALSE(repair_btf(data, all));
}

}  // namespace
}  // namespace alicia::types

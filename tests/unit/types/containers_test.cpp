// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/containers.hpp"

#include <gmock/gmock.h>

#include "types/btf_source.hpp"
#include "types/value.hpp"
#include "unit/types/btf_builder.hpp"
#include "unit/types/fake_memory.hpp"

namespace alicia::types {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t node_offset = 0x10;

class Containers : public testing::Test {
 protected:
  void SetUp() override {
    BtfBuilder out;
    const int int_ = out.integer("int", 4, BTF_INT_SIGNED);
    const int char_ = out.integer("unsigned char", 1);
    const int long_ = out.integer("long unsigned int", 8);
    const int pointer = out.pointer(0);
    out.structure("list_head", 16, {{"next", pointer, 0}, {"prev", pointer, 64}});
    for (const char* kind : {"hlist", "hlist_nulls", "hlist_bl", "llist"}) {
      out.structure(fmt::format("{}_head", kind).c_str(), 8, {{"first", pointer, 0}});
      out.structure(fmt::format("{}_node", kind).c_str(), 16, {{"next", pointer, 0}, {"pprev", pointer, 64}});
    }
    out.structure("rb_root", 8, {{"rb_node", pointer, 0}});
    out.structure("rb_node", 24,
                  {{"__rb_parent_color", long_, 0}, {"rb_right", pointer, 64}, {"rb_left", pointer, 128}});
    const int xarray =
        out.structure("xarray", 16, {{"xa_lock", int_, 0}, {"xa_flags", int_, 32}, {"xa_head", pointer, 64}});
    out.structure("xa_node", 576,
                  {{"shift", char_, 0}, {"offset", char_, 8}, {"slots", out.array(pointer, int_, 64), 320}});
    out.structure("idr", 24, {{"idr_rt", xarray, 0}, {"idr_base", int_, 128}, {"idr_next", int_, 160}});
    out.structure("maple_tree", 16, {{"ma_lock", int_, 0}, {"ma_flags", int_, 32}, {"ma_root", pointer, 64}});
    out.structure("maple_range_64", 256,
                  {{"parent", pointer, 0},
                   {"pivot", out.array(long_, int_, 15), 64},
                   {"slot", out.array(pointer, int_, 16), 1024}});
    out.structure("maple_arange_64", 240,
                  {{"parent", pointer, 0},
                   {"pivot", out.array(long_, int_, 9), 64},
                   {"slot", out.array(pointer, int_, 10), 640},
                   {"gap", out.array(long_, int_, 10), 1280}});
    types_.add_source(BtfSource::create(out.bytes()).value());
  }

  void link(std::initializer_list<std::uint64_t> pointers) {
    const auto* from = pointers.begin();
    for (const auto* to = from + 1; to != pointers.end(); ++from, ++to)
      memory_.put(*from, *to);
  }
  static std::vector<std::uint64_t> addresses(const Walk<VirtualAddress>& walk) {
    std::vector<std::uint64_t> found;
    for (const VirtualAddress address : walk.entries)
      found.push_back(address.value);
    return found;
  }
  Walk<VirtualAddress> list(const WalkLimits& limits = {}) {
    return walk_list(memory_, types_, VirtualAddress{0x1000}, node_offset, limits);
  }
  void rb(std::uint64_t node, std::uint64_t left, std::uint64_t right) {
    memory_.put(node + 8, right);
    memory_.put(node + 16, left);
  }

  FakeMemory memory_;
  TypeSystem types_{8};
};

TEST_F(Containers, ListGivesTheStructsInOrder) {
  link({0x1000, 0x2010, 0x3010, 0x4010, 0x1000});
  const auto walk = list();
  EXPECT_FALSE(walk.broken);
  EXPECT_THAT(addresses(walk), ElementsAre(0x2000, 0x3000, 0x4000));
  memory_.put(0x1000, std::uint64_t{0x1000});
  EXPECT_THAT(list().entries, IsEmpty());
  EXPECT_FALSE(list().broken);
}

TEST_F(Containers, ABrokenListGivesWhatItReachedAndWhy) {
  link({0x1000, 0x2010, 0x3010, 0});
  EXPECT_THAT(addresses(list()), ElementsAre(0x2000, 0x3000));
  EXPECT_EQ(list().broken->code, ErrorCode::corrupt);
  EXPECT_THAT(list().broken->message, HasSubstr("null pointer in the list after 0x3010"));
  memory_.put(0x3010, std::uint64_t{0xdead'0000'0000'0100});
  EXPECT_THAT(list().broken->message, HasSubstr("poison"));
  memory_.put(0x3010, std::uint64_t{0x9000});
  EXPECT_THAT(addresses(list()), ElementsAre(0x2000, 0x3000, 0x9000 - node_offset));
  EXPECT_EQ(list().broken->code, ErrorCode::unmapped);
  EXPECT_EQ(list().broken->address, 0x9000U);
}

TEST_F(Containers, ACircleBesideTheHeadIsNoticedAndGivenOnce) {
  link({0x1000, 0x2010, 0x3010, 0x4010, 0x5010, 0x3010});
  const auto walk = list();
  EXPECT_THAT(addresses(walk), ElementsAre(0x2000, 0x3000, 0x4000, 0x5000));
  EXPECT_EQ(walk.broken->code, ErrorCode::corrupt);
  link({0x2010, 0x2010});
  EXPECT_THAT(addresses(list()), ElementsAre(0x2000));
}

TEST_F(Containers, LimitsAndCancellationEndAWalk) {
  link({0x1000, 0x2010, 0x3010, 0x4010, 0x1000});
  const auto limited = list({.most = 2});
  EXPECT_THAT(limited.entries, SizeIs(2));
  EXPECT_EQ(limited.broken->code, ErrorCode::corrupt);
  Cancellation cancellation;
  cancellation.request();
  EXPECT_EQ(list({.cancellation = &cancellation}).broken->code, ErrorCode::interrupted);
}

TEST_F(Containers, HlistsOfEachKind) {
  link({0x1000, 0x2010, 0x3010, 0});
  const auto walk = [&](HlistKind kind) {
    return walk_hlist(memory_, types_, VirtualAddress{0x1000}, node_offset, kind);
  };
  EXPECT_THAT(addresses(walk(HlistKind::plain)), ElementsAre(0x2000, 0x3000));
  memory_.put(0x3010, std::uint64_t{0x15});
  EXPECT_THAT(addresses(walk(HlistKind::nulls)), ElementsAre(0x2000, 0x3000));
  EXPECT_FALSE(walk(HlistKind::nulls).broken);
  link({0x1000, 0x2011});
  memory_.put(0x3010, std::uint64_t{0});
  EXPECT_THAT(addresses(walk(HlistKind::bit_lock)), ElementsAre(0x2000, 0x3000));
  EXPECT_EQ(hlist_kind(types_, types_.find("struct hlist_bl_node").value()), HlistKind::bit_lock);
  EXPECT_EQ(hlist_kind(types_, types_.find("struct hlist_nulls_node").value()), HlistKind::nulls);
  EXPECT_EQ(hlist_kind(types_, types_.find("struct hlist_node").value()), HlistKind::plain);
}

TEST_F(Containers, Llist) {
  link({0x1000, 0x2010, 0x3010, 0});
  EXPECT_THAT(addresses(walk_llist(memory_, types_, VirtualAddress{0x1000}, node_offset)), ElementsAre(0x2000, 0x3000));
}

TEST_F(Containers, RbTreeInOrder) {
  memory_.put(0x1000, std::uint64_t{0x4010});
  rb(0x4010, 0x2010, 0x5010);
  rb(0x2010, 0, 0x3010);
  rb(0x3010, 0, 0);
  rb(0x5010, 0, 0);
  const auto walk = [&] { return walk_rbtree(memory_, types_, VirtualAddress{0x1000}, node_offset); };
  EXPECT_THAT(addresses(walk()), ElementsAre(0x2000, 0x3000, 0x4000, 0x5000));
  EXPECT_FALSE(walk().broken);
  rb(0x5010, 0, 0x4010);
  EXPECT_THAT(addresses(walk()), ElementsAre(0x2000, 0x3000, 0x4000, 0x5000));
  EXPECT_EQ(walk().broken->code, ErrorCode::corrupt);
  rb(0x3010, 0x4010, 0);
  EXPECT_EQ(walk().broken->code, ErrorCode::corrupt);
}

MATCHER_P3(SlotOf, first, last, entry, "") {
  return arg.first == std::uint64_t(first) && arg.last == std::uint64_t(last) && arg.entry == std::uint64_t(entry);
}

TEST_F(Containers, Xarray) {
  memory_.fill(0x1000, 16);
  const auto walk = [&] { return walk_xarray(memory_, types_, VirtualAddress{0x1000}); };
  EXPECT_THAT(walk().entries, IsEmpty());
  memory_.put(0x1008, std::uint64_t{0xffff'8880'0000'1000});
  EXPECT_THAT(walk().entries, ElementsAre(SlotOf(0, 0, 0xffff'8880'0000'1000)));

  const auto node = [&](std::uint64_t address, unsigned char shift) {
    memory_.fill(address, 576);
    memory_.put(address, shift);
  };
  const auto slot = [&](std::uint64_t address, unsigned number, std::uint64_t value) {
    memory_.put(address + 40 + 8 * number, value);
  };
  memory_.put(0x1008, std::uint64_t{0x10002});
  node(0x10000, 6);
  node(0x20000, 0);
  node(0x30000, 0);
  slot(0x10000, 0, 0x20002);
  slot(0x10000, 1, 0x8000);  // one entry for 64 indices, and its sibling
  slot(0x10000, 2, 1U << 2U | 2U);
  slot(0x10000, 63, 0x30002);
  slot(0x20000, 3, 0x7000);
  slot(0x20000, 4, 0x55U << 1U | 1U);
  slot(0x20000, 5, 256U << 2U | 2U);  // retry
  slot(0x30000, 63, 0x9000);
  const auto full = walk();
  EXPECT_FALSE(full.broken);
  EXPECT_THAT(full.entries, ElementsAre(SlotOf(3, 3, 0x7000), SlotOf(4, 4, 0x55), SlotOf(64, 191, 0x8000),
                                        SlotOf(4095, 4095, 0x9000)));
  EXPECT_TRUE(full.entries[1].is_value);
  EXPECT_FALSE(full.entries[0].is_value);

  memory_.fill(0x1800, 24);
  memory_.put(0x1808, std::uint64_t{0x20002});
  memory_.put(0x1810, std::uint32_t{100});
  EXPECT_THAT(walk_idr(memory_, types_, VirtualAddress{0x1800}).entries,
              ElementsAre(SlotOf(103, 103, 0x7000), SlotOf(104, 104, 0x55)));

  slot(0x10000, 7, 0x20002);
  EXPECT_EQ(walk().broken->code, ErrorCode::corrupt) << "one node in two places";
  slot(0x10000, 7, 0);
  memory_.put(0x20000, std::uint8_t{6});
  EXPECT_EQ(walk().broken->code, ErrorCode::corrupt) << "shifts have to fall";
}

TEST_F(Containers, MapleTree) {
  memory_.fill(0x1000, 16);
  const auto walk = [&] { return walk_maple_tree(memory_, types_, VirtualAddress{0x1000}); };
  EXPECT_THAT(walk().entries, IsEmpty());
  memory_.put(0x1008, std::uint64_t{0x8000});
  EXPECT_THAT(walk().entries, ElementsAre(SlotOf(0, 0, 0x8000)));

  const auto tagged = [](std::uint64_t node, std::uint64_t kind) { return node | kind << 3U; };
  memory_.put(0x1008, tagged(0x10000, 3) | 2U);
  for (const std::uint64_t node : {0x10000U, 0x20000U, 0x30000U})
    memory_.fill(node, 256);
  const auto pivot = [&](std::uint64_t node, unsigned number, std::uint64_t value) {
    memory_.put(node + 8 + 8 * number, value);
  };
  const auto put = [&](std::uint64_t at, unsigned number, std::uint64_t value) { memory_.put(at + 8 * number, value); };
  pivot(0x10000, 0, 0xfff);
  put(0x10000 + 80, 0, tagged(0x20000, 1) | 4U);
  put(0x10000 + 80, 1, tagged(0x30000, 1) | 4U);
  pivot(0x20000, 0, 0xff);
  pivot(0x20000, 1, 0x1ff);
  pivot(0x20000, 2, 0xfff);
  put(0x20000 + 128, 1, 0x5000);
  put(0x20000 + 128, 2, 0x406);  // reserved
  pivot(0x30000, 0, 0x1fff);
  put(0x30000 + 128, 0, 0x6000);
  const auto full = walk();
  EXPECT_FALSE(full.broken) << full.broken->message;
  EXPECT_THAT(full.entries, ElementsAre(SlotOf(0x100, 0x1ff, 0x5000), SlotOf(0x1000, 0x1fff, 0x6000)));

  pivot(0x20000, 1, 0x50);
  EXPECT_EQ(walk().broken->code, ErrorCode::corrupt);
  pivot(0x20000, 1, 0x1ff);
  put(0x10000 + 80, 1, tagged(0x20000, 1) | 4U);
  EXPECT_EQ(walk().broken->code, ErrorCode::corrupt);
}

TEST(ContainersWithoutTypes, SayWhichTypeIsMissing) {
  const TypeSystem types(8);
  const FakeMemory memory;
  EXPECT_EQ(walk_list(memory, types, VirtualAddress{0}, 0).broken->code, ErrorCode::no_such_type);
  EXPECT_EQ(walk_rbtree(memory, types, VirtualAddress{0}, 0).broken->code, ErrorCode::no_such_type);
  EXPECT_EQ(walk_xarray(memory, types, VirtualAddress{0}).broken->code, ErrorCode::no_such_type);
  EXPECT_EQ(walk_maple_tree(memory, types, VirtualAddress{0}).broken->code, ErrorCode::no_such_type);
}

TEST_F(Containers, FieldAtNeedsNoMemory) {
  const TypeRef node = types_.find("struct xa_node").value();
  EXPECT_EQ(field_at(types_, node, "slots[3]")->bit_offset, 320U + 192U);
  EXPECT_EQ(field_at(types_, node, "slots[3]->x").error().code, ErrorCode::bad_argument);
}

}  // namespace
}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/printer.hpp"

#include <gmock/gmock.h>

#include "types/btf_source.hpp"
#include "unit/types/btf_builder.hpp"
#include "unit/types/fake_memory.hpp"

namespace alicia::types {
namespace {

/// A task at 0x1000; the page of its second half may be missing.
class Printing : public testing::Test {
 protected:
  void SetUp() override {
    BtfBuilder out;
    const int int_ = out.integer("int", 4, BTF_INT_SIGNED);
    const int long_ = out.integer("long unsigned int", 8);
    const int char_ = out.integer("char", 1, BTF_INT_SIGNED);
    const int bool_ = out.integer("_Bool", 1, BTF_INT_BOOL);
    const int colour_ = out.enumeration("colour", 4, {{"RED", 1}, {"GREEN", 2}, {"BLUE", 4}});
    const int counter_ = out.structure("counter", 4, {{"value", int_, 0}});
    const int function_ = out.pointer(out.prototype(int_));
    out.structure("task", 128,
                  {{"comm", out.array(char_, int_, 8), 0},
                   {"count", counter_, 64},
                   {"colour", colour_, 96},
                   {"both", colour_, 128},
                   {"neither", colour_, 160},
                   {"alive", bool_, 192},
                   {"low", int_, 200, 3},
                   {"name", out.pointer(out.const_of(char_)), 256},
                   {"handler", function_, 320},
                   {"next", out.pointer(counter_), 384},
                   {nullptr, out.union_of(nullptr, 8, {{"word", long_, 0}, {"half", int_, 0}}), 448},
                   {"numbers", out.array(int_, int_, 12), 512},
                   {"counters", out.array(counter_, int_, 2), 896}});
    types_.add_source(BtfSource::create(out.bytes()).value());
    memory_.fill(0x1000, 128);
    memory_.put_text(0x1000, "a\"\x1b");
    memory_.put(0x1008, std::int32_t{-3});
    memory_.put(0x100c, std::uint32_t{2});
    memory_.put(0x1010, std::uint32_t{5});
    memory_.put(0x1014, std::uint32_t{8});
    memory_.put(0x1018, std::uint8_t{1});
    memory_.put(0x1019, std::uint8_t{6});
    memory_.put(0x1020, std::uint64_t{0x2000});
    memory_.put(0x1028, std::uint64_t{0xffff'ffff'8100'0010});
    memory_.put(0x1038, std::uint64_t{7});
    memory_.put(0x1040, std::int32_t{9});
    memory_.put(0x1070, std::int32_t{1});
    memory_.put(0x1074, std::int32_t{1});
    memory_.fill(0x2000, 0x100);
    memory_.put_text(0x2000, std::string_view("idle\n\0", 6));
  }

  Place task() { return {VirtualAddress{0x1000}, types_.find("struct task").value()}; }

  FakeMemory memory_;
  TypeSystem types_{8};
};

TEST_F(Printing, AStructAsGdbWritesIt) {
  PrintStyle style;
  style.name_of = [](VirtualAddress address) -> std::optional<std::string> {
    return address.value == 0xffff'ffff'8100'0010 ? std::optional<std::string>("do_it+16") : std::nullopt;
  };
  EXPECT_EQ(print_value(memory_, types_, task(), style), R"({
  comm = "a\"\033",
  count = {
    value = -3
  },
  colour = GREEN,
  both = (RED | BLUE),
  neither = 8,
  alive = true,
  low = -2,
  name = 0x2000 "idle\n",
  handler = 0xffffffff81000010 <do_it+16>,
  next = 0x0,
  {
    word = 7,
    half = 7
  },
  numbers = {9, 0 <repeats 11 times>},
  counters = {{
    value = 1
  }, {
    value = 1
  }}
})");
}

TEST_F(Printing, HexadecimalOnDemand) {
  PrintStyle style;
  style.hexadecimal = true;
  const Place count{VirtualAddress{0x1008}, types_.find("struct counter").value()};
  EXPECT_EQ(print_value(memory_, types_, count, style), "{\n  value = 0xfffffffd\n}");
}

TEST_F(Printing, WhatIsAbsentSaysSoAndTheRestIsShown) {
  FakeMemory half;
  half.fill(0x1000, 0x20);
  const std::string text = print_value(half, types_, task());
  EXPECT_THAT(text, testing::HasSubstr("alive = false"));
  EXPECT_THAT(text, testing::HasSubstr("name = <nothing at 0x1020>"));
}

TEST_F(Printing, ManyElementsAreCutOff) {
  PrintStyle style;
  style.most_elements = 3;
  const Place place = walk_path(memory_, types_, {VirtualAddress{0x1000}, task().type}, "numbers").value();
  EXPECT_EQ(print_value(memory_, types_, place, style), "{9, 0, 0...}");
}

TEST_F(Printing, DefinitionsReadAsC) {
  EXPECT_EQ(print_definition(types_, types_.find("struct counter").value()), "struct counter {\n    int value;\n}");
  EXPECT_EQ(print_definition(types_, types_.find("enum colour").value()), "enum colour {RED = 1, GREEN = 2, BLUE = 4}");
  const std::string text = print_definition(types_, task().type, true);
  EXPECT_THAT(text, testing::HasSubstr("   [0] char comm[8];\n"));
  EXPECT_THAT(text, testing::HasSubstr("   [25] int low : 3;\n"));
  EXPECT_THAT(text, testing::HasSubstr("   [32] const char *name;\n"));
  EXPECT_THAT(text, testing::HasSubstr("   [56] union {\n       [56] long unsigned int word;\n"));
}

}  // namespace
}  // namespace alicia::types

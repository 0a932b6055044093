// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/printer.hpp"

#include <gtest/gtest.h>

#include "unit/types/fake_memory.hpp"

namespace alicia::types {
namespace {

TEST(Printer, RunsIndentationAndHoles) {
  TypeSystem types(8);
  FakeMemory memory;
  memory.fill(0x1000, 0x40);
  const TypeRef type = types.find("struct { int a; int b[12]; struct { long c; } *d; }").value();
  const Place place{VirtualAddress{0x1000}, type};
  PrintStyle style;
  style.indent = 4;
  EXPECT_EQ(print_value(memory, types, place, style),
            "{\n      a = 0,\n      b = {0 <repeats 12 times>},\n      d = 0x0\n    }");
  EXPECT_EQ(print_value(memory, types, {VirtualAddress{0x9000}, type}), "<error: nothing at 0x9000>");
  EXPECT_EQ(print_value(memory, types, {VirtualAddress{0x1000}, types.find("int *").value()}), "0x0");
}

TEST(Printer, StructsWithinStandInALineWhereTheyFit) {
  TypeSystem types(8);
  FakeMemory memory;
  memory.fill(0x1000, 0x40);
  const TypeRef type =
      types.find("struct { struct { struct { int a, b; } x; int c; } y; struct { int d; } z[2]; int e; }").value();
  PrintStyle style;
  style.line_width = 35;
  EXPECT_EQ(print_value(memory, types, {VirtualAddress{0x1000}, type}, style),
            "{\n  y = {x = {a = 0, b = 0}, c = 0},\n  z = {{\n      d = 0\n    }, {\n      d = 0\n    }},\n  e = 0\n}");
  style.line_width = 33;
  EXPECT_EQ(print_value(memory, types, {VirtualAddress{0x1000}, type}, style),
            "{\n  y = {\n    x = {a = 0, b = 0},\n    c = 0\n  },\n  z = {{\n      d = 0\n    }, {\n      d = 0\n    "
            "}},\n  e = 0\n}");
}

TEST(Printer, ZerosCanBeLeftOutAsInAnInitializer) {
  TypeSystem types(8);
  FakeMemory memory;
  memory.fill(0x1000, 0x80);
  memory.put(0x1018, 7);
  memory.put(0x1030, 1);
  const TypeRef type = types
                           .find(
                               "struct { int a; struct { int b; int *c; } none; struct { int d; } some; char e[8]; "
                               "int f[3]; struct { int g; } h[2]; int last; }")
                           .value();
  const std::string all = print_value(memory, types, {VirtualAddress{0x1000}, type});
  PrintStyle style;
  style.line_width = 80;
  style.leave_out_zeros = true;
  const std::string text = print_value(memory, types, {VirtualAddress{0x1000}, type}, style);
  EXPECT_NE(all.find("a = 0"), std::string::npos);
  EXPECT_EQ(text, "{\n  some = {d = 7},\n  h = {{\n      g = 1\n    }, {\n    }}\n}");
}

TEST(Printer, DefinitionsEndWithoutANewline) {
  TypeSystem types(8);
  const TypeRef type = types.find("struct point { int x, y; }").value();
  EXPECT_EQ(print_definition(types, type), "struct point {\n    int x;\n    int y;\n}");
  EXPECT_EQ(print_definition(types, type, true), "struct point {\n  [0] int x;\n  [4] int y;\n}");
  EXPECT_EQ(print_definition(types, types.find("int *").value()),
            "<error: int * is no struct, union, enum or typedef>");
}

}  // namespace
}  // namespace alicia::types

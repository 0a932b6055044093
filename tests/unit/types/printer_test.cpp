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

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/shape.hpp"

#include <gtest/gtest.h>

#include "types/btf_source.hpp"
#include "types/type_system.hpp"
#include "unit/types/btf_builder.hpp"

namespace alicia::types {
namespace {

TEST(Shape, NamesPlacesAndKinds) {
  TypeSystem types(8);
  ShapeCache shapes(types);
  const TypeRef type =
      types.find("struct { int a; unsigned b : 3; unsigned c : 7; struct { char *d; }; char e[8]; long f[2]; }")
          .value();
  const Shape& shape = shapes.of(type);
  EXPECT_EQ(&shape, &shapes.of(type)) << "worked out once";
  ASSERT_EQ(shape.parts.size(), 6);
  EXPECT_EQ(shape.parts[2].label, "c = ");
  EXPECT_EQ(shape.parts[2].offset, 4);
  EXPECT_EQ(shape.parts[2].bit_shift, 3);
  EXPECT_EQ(shape.parts[2].bitfield_bits, 7);
  EXPECT_EQ(shape.parts[3].label, "");
  EXPECT_EQ(shape.plain_size, 0) << "braces are shown even round zeros";
  EXPECT_EQ(shapes.of(shape.parts[0].type).plain_size, 4);
  EXPECT_TRUE(shapes.of(shape.parts[4].type).text);
  const Shape& longs = shapes.of(shape.parts[5].type);
  EXPECT_FALSE(longs.text);
  EXPECT_EQ(longs.plain_size, 16);
  EXPECT_EQ(longs.element_size, 8);
}

TEST(Shape, OfWhatIsDefinedLaterIsWorkedOutAgain) {
  const auto source_of = [](bool defines) {
    BtfBuilder builder;
    const int number = builder.integer("int", 4, BTF_INT_SIGNED);
    const int later = defines ? builder.structure("later", 4, {{"a", number, 0, 0}}) : builder.forward("later");
    builder.structure("now", 8, {{"next", builder.array(later, number, 2), 0, 0}});
    return BtfSource::create(builder.bytes()).value();
  };
  TypeSystem types(8);
  ShapeCache shapes(types);
  types.add_source(source_of(false));
  const TypeRef now = types.find("struct now").value();
  const TypeRef array = shapes.of(now).parts.front().type;
  EXPECT_EQ(shapes.of(array).element_size, std::nullopt);
  const TypeRef later = shapes.of(array).element;
  EXPECT_EQ(shapes.of(later).described->kind, Kind::forward);
  types.add_source(source_of(true));
  EXPECT_EQ(shapes.of(array).element_size, 4);
  EXPECT_EQ(shapes.of(later).parts.size(), 1);
}

}  // namespace
}  // namespace alicia::types

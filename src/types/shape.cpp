// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/shape.hpp"

#include <utility>

#include "base/escape.hpp"
#include "types/type_system.hpp"

namespace alicia::types {
namespace {

/// Whether its definition may still be found: in a module's types, by a debugger.
bool may_grow(const Shape& shape) {
  const Kind kind = shape.described->kind;
  return kind == Kind::forward || (kind == Kind::array && !shape.element_size);
}

bool is_plain_kind(Kind kind) {
  return kind == Kind::integer || kind == Kind::pointer || kind == Kind::floating;
}

}  // namespace

const Shape& ShapeCache::of(TypeRef type) {
  Shape*& known = known_[type];
  if (known == nullptr) {
    known = &shapes_.emplace_back(work_out(type));
  } else if (may_grow(*known)) {
    // Who prints such a shape holds nothing within it.
    *known = work_out(type);
  }
  return *known;
}

Shape ShapeCache::work_out(TypeRef type) const {
  Shape shape;
  shape.type = types_.complete(type);
  shape.described = &types_.describe(shape.type);
  switch (shape.described->kind) {
    case Kind::structure:
    case Kind::union_: describe_members(shape); break;
    case Kind::array: describe_array(shape); break;
    default: break;
  }
  if (shape.described->kind == Kind::array || shape.described->kind == Kind::pointer) {
    const Type& target = types_.describe(types_.strip(types_.follow(shape.type, shape.described->target)));
    shape.text = target.kind == Kind::integer && target.size == 1 && is_character(target.encoding);
  }
  shape.plain_size = plain_size(shape);
  return shape;
}

void ShapeCache::describe_array(Shape& shape) const {
  shape.element = types_.follow(shape.type, shape.described->target);
  if (const auto size = types_.size_of(shape.element)) shape.element_size = *size;
}

void ShapeCache::describe_members(Shape& shape) const {
  shape.parts.reserve(shape.described->members.size());
  for (const Member& member : shape.described->members) {
    Shape::Part& part = shape.parts.emplace_back();
    if (!member.name.empty()) part.label = visible(member.name) + " = ";
    part.type = types_.follow(shape.type, member.type);
    part.offset = member.bit_offset / 8;
    part.bit_shift = static_cast<std::uint32_t>(member.bit_offset % 8);
    part.bitfield_bits = member.bitfield_bits;
  }
}

std::uint64_t ShapeCache::plain_size(const Shape& shape) const {
  const Kind kind = shape.described->kind;
  const bool plain =
      kind == Kind::array ? is_plain_kind(types_.describe(types_.strip(shape.element)).kind) : is_plain_kind(kind);
  return plain ? types_.size_of(shape.type).value_or(0) : 0;
}

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/dwarf_convert.hpp"

#include <utility>
#include <vector>

namespace alicia::types {

TypeId DwarfConverter::target(const Die& die) const {
  return static_cast<TypeId>(die.reference(DW_AT_type).value_or(0));
}

Type DwarfConverter::convert(const Die& die) const {
  Type type;
  if (!die) return type;
  type.name = die.name();
  type.size = die.number(DW_AT_byte_size).value_or(0);
  const unsigned tag = die.tag();
  if (die.flag(DW_AT_declaration) && tag != DW_TAG_subprogram) {
    type.kind = Kind::forward;
    type.size = 0;
    type.declared = tag == DW_TAG_union_type         ? Kind::union_
                    : tag == DW_TAG_enumeration_type ? Kind::enumeration
                                                     : Kind::structure;
    return type;
  }
  switch (tag) {
    case DW_TAG_base_type: base(die, type); break;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
      type.kind = Kind::pointer;
      if (type.size == 0) type.size = address_bytes_;
      type.target = target(die);
      break;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
      type.kind = tag == DW_TAG_union_type ? Kind::union_ : Kind::structure;
      members(die, type);
      break;
    case DW_TAG_enumeration_type: enumerators(die, type); break;
    case DW_TAG_array_type: array(die, type); break;
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram: parameters(die, type); break;
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_restrict_type:
      type.kind = tag == DW_TAG_typedef         ? Kind::typedef_
                  : tag == DW_TAG_const_type    ? Kind::const_
                  : tag == DW_TAG_volatile_type ? Kind::volatile_
                                                : Kind::restrict_;
      type.target = target(die);
      break;
    default: break;
  }
  return type;
}

void DwarfConverter::base(const Die& die, Type& type) const {
  type.kind = Kind::integer;
  switch (die.number(DW_AT_encoding).value_or(DW_ATE_unsigned)) {
    case DW_ATE_float: type.kind = Kind::floating; break;
    case DW_ATE_boolean: type.encoding = Encoding::boolean; break;
    case DW_ATE_signed:
    case DW_ATE_signed_char: type.encoding = type.size == 1 ? Encoding::character : Encoding::signed_; break;
    default: type.encoding = type.size == 1 ? Encoding::unsigned_character : Encoding::unsigned_; break;
  }
}

void DwarfConverter::array(const Die& die, Type& type) const {
  std::vector<std::uint64_t> counts;
  for_each_child(die, [&](const Die& child) {
    if (child.tag() != DW_TAG_subrange_type) return true;
    // gcc has the highest index where clang has the count; neither means an open end.
    const auto bound = child.number(DW_AT_upper_bound);
    counts.push_back(child.number(DW_AT_count).value_or(bound ? *bound + 1 : 0));
    return counts.size() < 16;
  });
  TypeId element = target(die);
  for (std::size_t dimension = counts.size(); dimension > 1; --dimension) {
    Type nested;
    nested.kind = Kind::array;
    nested.target = element;
    nested.count = counts[dimension - 1];
    element = inner_(std::move(nested));
  }
  type.kind = Kind::array;
  type.size = 0;
  type.target = element;
  type.count = counts.empty() ? 0 : counts.front();
}

void DwarfConverter::members(const Die& die, Type& type) const {
  for_each_child(die, [&](const Die& child) {
    if (child.tag() == DW_TAG_member) type.members.push_back(member(child));
    return true;
  });
}

Member DwarfConverter::member(const Die& die) const {
  Member member;
  member.name = die.name();
  member.type = target(die);
  member.bit_offset = die.location(DW_AT_data_member_location).value_or(0) * 8;
  member.bitfield_bits = static_cast<std::uint32_t>(die.number(DW_AT_bit_size).value_or(0));
  if (const auto bit = die.number(DW_AT_data_bit_offset)) {
    member.bit_offset = *bit;
  } else if (const auto from_top = die.number(DW_AT_bit_offset)) {
    // DWARF 2 and 3 count a bit-field's distance from the most significant bit of its storage unit.
    member.bit_offset += storage_bytes(die) * 8 - *from_top - member.bitfield_bits;
  }
  return member;
}

std::uint64_t DwarfConverter::storage_bytes(const Die& member) const {
  if (const auto own = member.number(DW_AT_byte_size)) return *own;
  auto next = member.reference(DW_AT_type);
  for (unsigned hops = 0; next && hops < 16; ++hops) {
    const Die type = Die::at(debug_, *next);
    if (!type) break;
    if (const auto size = type.number(DW_AT_byte_size)) return *size;
    next = type.reference(DW_AT_type);
  }
  return 0;
}

void DwarfConverter::enumerators(const Die& die, Type& type) const {
  type.kind = Kind::enumeration;
  for_each_child(die, [&](const Die& child) {
    if (child.tag() != DW_TAG_enumerator) return true;
    const auto value = child.signed_number(DW_AT_const_value);
    type.enumerators.push_back({std::string(child.name()), value.value_or(0)});
    if (value.value_or(0) < 0 && type.size < 8) type.encoding = Encoding::signed_;
    return true;
  });
  if (const auto encoding = die.number(DW_AT_encoding)) {
    type.encoding = *encoding == DW_ATE_signed ? Encoding::signed_ : Encoding::unsigned_;
  }
}

void DwarfConverter::parameters(const Die& die, Type& type) const {
  type.kind = Kind::function;
  type.size = 0;
  type.target = target(die);
  for_each_child(die, [&](const Die& child) {
    const unsigned tag = child.tag();
    if (tag == DW_TAG_formal_parameter) type.parameters.push_back({std::string(child.name()), target(child)});
    if (tag == DW_TAG_unspecified_parameters) type.variadic = true;
    return true;
  });
}

}  // namespace alicia::types

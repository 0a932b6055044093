// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "types/type.hpp"

namespace alicia::types {

class TypeSystem;

/// What printing asks of a type time and again, worked out once.
struct Shape {
  /// A member, with its name as it is shown.
  struct Part {
    std::string label;  ///< `name = `; empty for an anonymous struct or union
    TypeRef type;
    std::uint64_t offset = 0;  ///< in bytes
    std::uint32_t bit_shift = 0;
    std::uint32_t bitfield_bits = 0;
  };
  TypeRef type;  ///< complete
  const Type* described = nullptr;
  bool text = false;  ///< an array of characters, or a pointer to them
  /// Bytes of what says nothing where it is zero: a number, a pointer, an array of these; 0 for all else. Enumerations
  /// have a name for it.
  std::uint64_t plain_size = 0;
  TypeRef element;                            ///< of an array
  std::optional<std::uint64_t> element_size;  ///< none for elements that are declared only
  std::vector<Part> parts;                    ///< of a struct or union
};

/// The shapes of one TypeSystem's types. They live and stay unmoved as long as it.
class ShapeCache {
 public:
  explicit ShapeCache(const TypeSystem& types) : types_(types) {}
  const Shape& of(TypeRef type);

 private:
  struct Hash {
    std::size_t operator()(const TypeRef& type) const {
      return std::hash<const void*>{}(type.source) + type.id * 0x9e37'79b9'7f4a'7c15ULL;
    }
  };
  Shape work_out(TypeRef type) const;
  void describe_array(Shape& shape) const;
  void describe_members(Shape& shape) const;
  std::uint64_t plain_size(const Shape& shape) const;

  const TypeSystem& types_;
  std::deque<Shape> shapes_;
  std::unordered_map<TypeRef, Shape*, Hash> known_;
};

}  // namespace alicia::types

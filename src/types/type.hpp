// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace alicia::types {

class TypeSource;

/// A type's number within its source; 0 is void.
using TypeId = std::uint32_t;

enum class Kind : std::uint8_t {
  void_,
  integer,  ///< also char, bool and enumeration-sized integers
  floating,
  pointer,
  array,
  structure,
  union_,
  enumeration,
  typedef_,
  const_,
  volatile_,
  restrict_,
  function,
  forward,  ///< declared, never defined
};

/// `character` and `unsigned_character` are integers of one byte that C calls char: numbers, or text in an array.
enum class Encoding : std::uint8_t { unsigned_, signed_, character, unsigned_character, boolean };

constexpr bool is_signed(Encoding encoding) {
  return encoding == Encoding::signed_ || encoding == Encoding::character;
}
constexpr bool is_character(Encoding encoding) {
  return encoding == Encoding::character || encoding == Encoding::unsigned_character;
}

struct Member {
  std::string name;  ///< empty for an anonymous struct or union
  TypeId type = 0;
  std::uint64_t bit_offset = 0;     ///< from the start of the enclosing struct; little-endian bit numbering
  std::uint32_t bitfield_bits = 0;  ///< 0 where the member is no bit-field
};

struct Enumerator {
  std::string name;
  std::int64_t value = 0;
};

struct Parameter {
  std::string name;
  TypeId type = 0;
};

/// One C type as its source describes it. References to other types are numbers, resolved when asked for.
struct Type {
  Kind kind = Kind::void_;
  std::string name;        ///< tag, typedef or base type name; may be empty
  std::uint64_t size = 0;  ///< bytes; 0 where it has none of its own (typedef, const, function, forward)
  Encoding encoding = Encoding::unsigned_;  ///< integers and enumerations
  TypeId target = 0;                        ///< pointee, element, aliased or returned type
  std::uint64_t count = 0;                  ///< array elements
  std::vector<Member> members;              ///< struct, union
  std::vector<Enumerator> enumerators;
  std::vector<Parameter> parameters;  ///< function
  bool variadic = false;
  Kind declared = Kind::structure;  ///< forward: what was declared, structure, union_ or enumeration
};

/// A type and the source its numbers belong to. Both live as long as the TypeSystem they came from.
struct TypeRef {
  TypeSource* source = nullptr;
  TypeId id = 0;
  friend bool operator==(const TypeRef&, const TypeRef&) = default;
};

/// Which of C's name spaces a name is looked up in.
enum class Tag : std::uint8_t { any, structure, union_, enumeration, typedef_, base };

/// Types from one place: BTF of the kernel or a module, DWARF, a debugger's answers. Used by one thread at a time.
class TypeSource {
 public:
  virtual ~TypeSource() = default;
  /// The definition named so; a forward declaration only where there is no definition.
  virtual std::optional<TypeId> find(Tag tag, std::string_view name) = 0;
  /// The type's description; it stays valid and unmoved as long as the source.
  virtual const Type& type(TypeId id) = 0;
  /// The type that `id`, found in one of this source's descriptions, stands for: its own, or another source's.
  virtual TypeRef resolve(TypeId id) { return {this, id}; }
  /// The type of a global variable, where the source knows it: BTF has the per-CPU ones, DWARF all.
  virtual std::optional<TypeRef> find_variable(std::string_view /*name*/) { return std::nullopt; }
  /// The prototype of a function.
  virtual std::optional<TypeRef> find_function(std::string_view /*name*/) { return std::nullopt; }
  /// Why the last question found no answer, where that isn't the type's absence: a debugger that died or was
  /// interrupted.
  virtual std::optional<Error> trouble() const { return std::nullopt; }
};

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/address.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "types/type_system.hpp"

namespace alicia::types {

/// A struct, union or array in the dump's memory: where it is and what it is.
struct Object {
  VirtualAddress address;
  TypeRef type;
};

/// What reading a member gives. `Null` is the absence of a string: a null `char *`.
struct Null {};
using Value = std::variant<Null, std::int64_t, std::uint64_t, double, VirtualAddress, std::string, Object>;

/// A place in memory or within a bit-field, as a member path leads to it.
struct Place {
  VirtualAddress address;
  TypeRef type;
  std::uint32_t bit_shift = 0;
  std::uint32_t bitfield_bits = 0;
};

/// Walks `path` from the object at `base`: `comm`, `mm->owner`, `cpus_mask.bits[0]`, `se.run_node`. A dot or an arrow
/// follows a pointer alike; an index past a flexible array's declared end is not checked. Errors: no_such_member,
/// type_mismatch, bad_argument (syntax, an index out of bounds), bad_address (a null pointer to be followed), and those
/// of reading.
Result<Place> walk_path(const MemoryReader& memory, TypeSystem& types, Object base, std::string_view path);

/// Where a path leads within a struct without following a pointer: `se.run_node`, `cpus_mask.bits[1]`. Errors: those of
/// walk_path, and bad_argument where a pointer would have to be followed.
Result<Field> field_at(TypeSystem& types, TypeRef structure, std::string_view path);

/// The value at a place, as its own type has it: integers, enumerations and bit-fields as int64_t or uint64_t, a
/// pointer as an address, struct, union and array as an Object, a function as its address. Errors: type_mismatch
/// (void), not_supported (128 bits), and those of reading.
Result<Value> read_value(const MemoryReader& memory, TypeSystem& types, const Place& place);

/// The value at a place as `as`: `char *` and `const char *` give the bytes up to NUL of a char array or of what a char
/// pointer points to (Null for a null one); integer types convert as C's do; other pointers give an address, of an
/// integer too, and of an array its own; struct, union and array give an Object of the same type. Errors:
/// type_mismatch, and those of read_value.
Result<Value> read_value_as(const MemoryReader& memory, TypeSystem& types, const Place& place, TypeRef as);

/// The pointer at `address`, in the kernel's width.
Result<VirtualAddress> read_pointer(const MemoryReader& memory, const TypeSystem& types, VirtualAddress address);

/// Bytes up to NUL, at most `limit`.
Result<std::string> read_string(const MemoryReader& memory, VirtualAddress address, std::size_t limit = 65536);

}  // namespace alicia::types

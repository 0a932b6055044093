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
/// follows a pointer alike. Errors: no_such_member, type_mismatch, bad_argument (syntax), and those of reading.
Result<Place> walk_path(const MemoryReader& memory, TypeSystem& types, Object base, std::string_view path);

/// The value at a place, as its own type has it: integers converted as C would, a pointer as an address, struct, union
/// and array as an Object; `char *` and `char []` as SPEC's `kernel` has them: pointers as addresses, arrays as
/// Objects.
Result<Value> read_value(const MemoryReader& memory, TypeSystem& types, const Place& place);

/// The value at a place as `as`: `char *` and `const char *` give the bytes up to NUL of a char array or of what a char
/// pointer points to; integer types convert; other pointers give an address. Error: type_mismatch.
Result<Value> read_value_as(const MemoryReader& memory, TypeSystem& types, const Place& place, TypeRef as);

/// Bytes up to NUL, at most `limit`.
Result<std::string> read_string(const MemoryReader& memory, VirtualAddress address, std::size_t limit = 65536);

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/cancellation.hpp"
#include "types/value.hpp"

namespace alicia::types {

class ShapeCache;

/// How values are printed. The defaults are crash's.
struct FormatOptions {
  bool hexadecimal = false;         ///< `-x`: integers in hex
  std::size_t elements = 256;       ///< of an array, or runs of equal characters in text; the rest is `...`
  std::size_t repeats = 0;          ///< elements equal from this number on are `<repeats N times>`; 0: never
  std::size_t longest = 16U << 20;  ///< bytes of output; the rest is `...`
  bool leave_out_zeros = false;     ///< members that are numbers, pointers or arrays of these, and zero
  bool cast = true;                 ///< a pointer by itself has its type in front: `(struct list_head *) 0x…`
  /// What an address is (`init_task+168`), or empty.
  std::function<std::string(VirtualAddress)> symbol;
  const Cancellation* cancellation = nullptr;
  ShapeCache* shapes = nullptr;  ///< of this TypeSystem, for who prints more than one value
};

/// The value at a place in C syntax, as gdb and crash print it: without a name in front, without a newline at the end,
/// structs over several lines. What can't be read within a struct or array is `<error: …>` there; the call fails where
/// not even its first byte can be read. Errors: type_mismatch, interrupted, and those of reading.
Result<std::string> format_value(const MemoryReader& memory, TypeSystem& types, const Place& place,
                                 const FormatOptions& options = {});

/// Which offsets are printed with a type's members.
struct DescribeOptions {
  bool offsets = false;                   ///< `-o`: in bytes from the start
  std::optional<VirtualAddress> address;  ///< `-o` with an address: where each member lies
};

/// A struct, union, enumeration or typedef as it is declared, with its size in the last line, as crash's `struct` and
/// `whatis` print it. Error: type_mismatch for a type that has no name of its own.
Result<std::string> describe_type(const TypeSystem& types, TypeRef type, const DescribeOptions& options = {});

}  // namespace alicia::types

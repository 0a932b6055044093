// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/memory_reader.hpp"
#include "types/type_system.hpp"
#include "types/value.hpp"

namespace alicia::types {

class ShapeCache;

struct PrintStyle {
  bool hexadecimal = false;         ///< integers in hexadecimal
  std::size_t most_elements = 200;  ///< of one array
  unsigned indent = 0;              ///< columns that every line but the first is moved right
  std::size_t line_width = 0;       ///< structs within that fit a line of this width stand in one; 0: none does
  bool leave_out_zeros = false;     ///< members that are all zero, as a C initializer may; needs line_width
  /// What an address is: `sys_flock+25`.
  std::function<std::optional<std::string>(VirtualAddress)> name_of;
  ShapeCache* shapes = nullptr;  ///< of this TypeSystem, for who prints more than one value
};

/// format_value for a report: `<repeats N times>` for runs, and what cannot be read at all is said in the text.
std::string print_value(const MemoryReader& memory, TypeSystem& types, const Place& place,
                        const PrintStyle& style = {});

/// describe_type for a report: without size and last newline, `<…>` for what has no definition.
std::string print_definition(TypeSystem& types, TypeRef type, bool offsets = false);

}  // namespace alicia::types

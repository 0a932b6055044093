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

struct PrintStyle {
  bool hexadecimal = false;         ///< integers in hexadecimal
  std::size_t most_elements = 200;  ///< of one array
  unsigned indent = 0;              ///< columns that every line but the first is moved right
  /// What an address is, for function pointers: `sys_flock+25`.
  std::function<std::optional<std::string>(VirtualAddress)> name_of;
};

/// The value at a place in C form, as gdb and crash write it: structs with a member a line, nested ones indented,
/// `<repeats N times>` for runs, text in quotes, names of enumerators. What cannot be read stands between `<` and `>`
/// with its reason. Text from the dump is escaped. No newline at the end.
std::string print_value(const MemoryReader& memory, TypeSystem& types, const Place& place,
                        const PrintStyle& style = {});

/// The definition of a struct, union or enumeration as C has it, other types as they are spelled; with `offsets`, each
/// member of a struct after its distance in bytes. No newline at the end.
std::string print_definition(TypeSystem& types, TypeRef type, bool offsets = false);

}  // namespace alicia::types

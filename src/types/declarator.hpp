// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "types/derived_types.hpp"

namespace alicia::types {

/// A C declaration taken apart: `struct list_head modules` is `modules` and its type.
struct Declaration {
  std::string name;  ///< empty for a type name (`char *`)
  TypeRef type;
  std::optional<std::uint32_t> bitfield_bits;  ///< `unsigned int policy : 3`
};

/// What a word in a declaration means: a tag, a typedef, a base type in its canonical spelling, or any of them where a
/// word stands alone. Nothing where there is no such type.
using TypeLookup = std::function<std::optional<TypeRef>(Tag tag, std::string_view name)>;

/// What becomes of `struct x` where no `x` is known.
enum class UnknownTag {
  refuse,   ///< no_such_type: what a person typed
  forward,  ///< a forward declaration, as in C: what a debugger printed
};

/// Parses one declaration, with or without a name, a bit-field's width and a final semicolon: `struct list_head [2]`,
/// `char comm[16]`, `void (*func)(int, char *)`, `struct { int a; u64 b[2]; } tk_core`. Storage classes, address space
/// marks and attributes other than `packed` are read over. What the text derives or defines is made in `store`.
/// Errors: no_such_type, bad_argument (syntax, or beyond the limits of length and nesting).
Result<Declaration> parse_declaration(std::string_view text, DerivedTypes& store, const TypeLookup& lookup,
                                      UnknownTag unknown = UnknownTag::refuse);

}  // namespace alicia::types

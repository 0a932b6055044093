// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "types/type.hpp"

namespace alicia::types {

inline const Type& describe(TypeRef type) {
  return type.source->type(type.id);
}
/// The type behind a number within the description of `of`.
inline TypeRef follow(TypeRef of, TypeId id) {
  return of.source->resolve(id);
}

/// Typedefs and qualifiers taken off. A chain longer than any real one is left where patience ended: sources other than
/// checked BTF may hold circles.
TypeRef strip(TypeRef type);

/// Bytes of an object of this type. Error type_mismatch for what has no size.
Result<std::uint64_t> size_of(TypeRef type, unsigned pointer_bytes);

/// The alignment that x86 and ARM Linux give a member of this type, as far as a description tells it: an `aligned`
/// attribute leaves no trace in BTF, a `packed` one shows in a size that is no multiple.
Result<std::uint64_t> alignment_of(TypeRef type, unsigned pointer_bytes);

/// The type as C writes it, or as a declaration of `name`.
std::string spell(TypeRef type, std::string_view name = {});

/// Lays out members one after the other as C does.
class StructLayout {
 public:
  StructLayout(bool is_union, unsigned pointer_bytes) : is_union_(is_union), pointer_bytes_(pointer_bytes) {}

  /// Gives the member's place. `bitfield_bits` is set for a bit-field of that width; 0 closes the unit, as in C.
  Result<std::uint64_t> place(TypeRef type, std::optional<std::uint32_t> bitfield_bits);
  /// `__attribute__((packed))`: from here on no padding.
  void pack() { packed_ = true; }
  std::uint64_t size() const;

 private:
  bool is_union_;
  unsigned pointer_bytes_;
  bool packed_ = false;
  std::uint64_t bits_ = 0;  // where the next member may begin
  std::uint64_t ends_ = 0;  // the largest end so far, in bits
  std::uint64_t alignment_ = 1;
};

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "types/type.hpp"

namespace alicia::types {

/// Where a member lies once nested and anonymous members are walked through, up to the next pointer.
struct Field {
  TypeRef type;
  std::uint64_t bit_offset = 0;
  std::uint32_t bitfield_bits = 0;
};

/// All types of one kernel: an ordered list of sources, and the types that C declarations derive from them.
/// Used by one thread at a time.
class TypeSystem {
 public:
  explicit TypeSystem(unsigned pointer_bytes);
  ~TypeSystem();
  TypeSystem(const TypeSystem&) = delete;
  TypeSystem& operator=(const TypeSystem&) = delete;

  void add_source(std::unique_ptr<TypeSource> source);
  unsigned pointer_bytes() const { return pointer_bytes_; }

  /// A C type name: `task_struct` (a struct, union, typedef or enum of that name), `struct task_struct`, `char *`,
  /// `struct list_head [2]`, `unsigned long long`, `void (*)(int)`. Errors: no_such_type, bad_argument (syntax).
  Result<TypeRef> find(std::string_view declaration);

  const Type& describe(TypeRef type) const { return type.source->type(type.id); }
  /// The type behind a reference within `of`: its target, a member's type.
  TypeRef follow(TypeRef of, TypeId id) const { return of.source->resolve(id); }
  /// Typedefs and qualifiers taken off.
  TypeRef strip(TypeRef type) const;
  /// Bytes, typedefs and qualifiers looked through. Error type_mismatch for void, functions and forward declarations.
  Result<std::uint64_t> size_of(TypeRef type) const;
  /// The named member of a struct or union, anonymous members looked through. Error: no_such_member.
  Result<Field> member(TypeRef structure, std::string_view name) const;
  TypeRef pointer_to(TypeRef type);
  TypeRef array_of(TypeRef type, std::uint64_t count);

  /// The type as C writes it (`struct task_struct *`), or as a declaration of `name` (`char comm[16]`).
  std::string spell(TypeRef type, std::string_view name = {}) const;

 private:
  struct Derived;
  unsigned pointer_bytes_;
  std::vector<std::unique_ptr<TypeSource>> sources_;
  std::unique_ptr<Derived> derived_;
};

}  // namespace alicia::types

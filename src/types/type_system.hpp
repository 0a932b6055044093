// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "types/declarator.hpp"
#include "types/derived_types.hpp"
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
  /// An address taken modulo the size of the kernel's address space.
  VirtualAddress wrap(VirtualAddress address) const {
    return pointer_bytes_ == 4 ? VirtualAddress{address.value & 0xffff'ffffU} : address;
  }

  /// A C type name: `task_struct` (a struct, union, typedef or enum of that name), `struct task_struct`, `char *`,
  /// `struct list_head [2]`, `unsigned long long`, `void (*)(int)`. Errors: no_such_type, bad_argument (syntax).
  Result<TypeRef> find(std::string_view declaration);

  /// A declaration of something (`struct list_head modules`), as a table or a debugger has it; a struct that no source
  /// knows is taken as declared elsewhere. Errors: no_such_type (a typedef), bad_argument (syntax).
  Result<Declaration> declare(std::string_view text);
  /// The type of that tag, the first source's that defines it; a forward declaration where none does.
  std::optional<TypeRef> lookup(Tag tag, std::string_view name) const;
  /// The error of a source that could not be asked, else the one given.
  tl::unexpected<Error> unless_troubled(Error error) const;

  const Type& describe(TypeRef type) const { return type.source->type(type.id); }
  /// The type behind a reference within `of`: its target, a member's type.
  TypeRef follow(TypeRef of, TypeId id) const { return of.source->resolve(id); }
  /// Typedefs and qualifiers taken off.
  TypeRef strip(TypeRef type) const;
  /// As strip, and the definition found for what is only declared there: a module's struct that the kernel points to.
  TypeRef complete(TypeRef type) const;
  /// Bytes, typedefs and qualifiers looked through. Error type_mismatch for void, functions and forward declarations.
  Result<std::uint64_t> size_of(TypeRef type) const;
  /// The named member of a struct or union, anonymous members looked through. Errors: no_such_member, type_mismatch
  /// (no struct or union).
  Result<Field> member(TypeRef structure, std::string_view name) const;
  TypeRef void_type() { return derived_->void_type(); }
  TypeRef pointer_to(TypeRef type) { return derived_->pointer_to(type); }
  TypeRef array_of(TypeRef type, std::uint64_t count) { return derived_->array_of(type, count); }

  /// The type as C writes it (`struct task_struct *`), or as a declaration of `name` (`char comm[16]`).
  std::string spell(TypeRef type, std::string_view name = {}) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct MemberKey {
    TypeRef structure;
    std::string_view name;
    friend bool operator==(const MemberKey&, const MemberKey&) = default;
  };
  struct MemberHash {
    std::size_t operator()(const MemberKey& key) const;
  };
  std::optional<Field> search(TypeRef structure, std::string_view name, unsigned depth, unsigned& budget) const;

  unsigned pointer_bytes_;
  std::vector<std::unique_ptr<TypeSource>> sources_;
  std::unique_ptr<DerivedTypes> derived_;
  std::unordered_map<std::string, TypeRef, TextHash, std::equal_to<>> found_;
  mutable std::deque<std::string> member_names_;  // what the keys of members_ point at
  mutable std::unordered_map<MemberKey, Field, MemberHash> members_;
};

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "types/type.hpp"

namespace alicia::types {

/// Types that no source describes: what declarators make of other sources' types (pointers, arrays, prototypes),
/// struct bodies written in a declaration, and C's own integers where a source lacks one.
///
/// Its types refer to foreign ones through numbers of its own, which `resolve` turns back into the foreign type.
class DerivedTypes final : public TypeSource {
 public:
  explicit DerivedTypes(unsigned pointer_bytes);

  /// Derived types have no names to be found by.
  std::optional<TypeId> find(Tag, std::string_view) override { return std::nullopt; }
  const Type& type(TypeId id) override;
  TypeRef resolve(TypeId id) override;
  unsigned pointer_bytes() const { return pointer_bytes_; }

  TypeRef void_type() { return {this, 0}; }
  TypeRef pointer_to(TypeRef target);
  TypeRef array_of(TypeRef element, std::uint64_t count);
  /// `kind` is const_, volatile_ or restrict_.
  TypeRef qualified(Kind kind, TypeRef target);
  /// An integer or floating type by its canonical spelling (base_types.hpp); nothing for other names.
  std::optional<TypeRef> base(std::string_view canonical);
  /// A struct, union or enumeration that is only declared.
  TypeRef forward(Kind declared, std::string_view name);
  /// A type whose numbers came from `refer`.
  TypeRef add(Type type);
  /// The number by which types of this source refer to `type`.
  TypeId refer(TypeRef type);

 private:
  struct Entry {
    Type type;
    TypeRef foreign;  // set where the entry stands for another source's type
  };
  /// What makes two derived types the same.
  struct Key {
    Kind kind;
    TypeRef target;
    std::uint64_t count;
    std::string name;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  TypeRef intern(Key key, Type type);

  unsigned pointer_bytes_;
  std::deque<Entry> entries_;
  std::unordered_map<Key, TypeId, Hash> interned_;
};

}  // namespace alicia::types

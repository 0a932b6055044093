// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/derived_types.hpp"

#include <functional>
#include <utility>

#include "types/base_types.hpp"

namespace alicia::types {

DerivedTypes::DerivedTypes(unsigned pointer_bytes) : pointer_bytes_(pointer_bytes) {
  entries_.emplace_back();  // void
}

const Type& DerivedTypes::type(TypeId id) {
  const Entry& entry = entries_[id < entries_.size() ? id : 0];
  return entry.foreign.source != nullptr ? entry.foreign.source->type(entry.foreign.id) : entry.type;
}

TypeRef DerivedTypes::resolve(TypeId id) {
  const Entry& entry = entries_[id < entries_.size() ? id : 0];
  return entry.foreign.source != nullptr ? entry.foreign : TypeRef{this, id};
}

std::size_t DerivedTypes::Hash::operator()(const Key& key) const {
  std::size_t hash = std::hash<std::string>{}(key.name);
  for (const std::size_t part : {static_cast<std::size_t>(key.kind), std::hash<const void*>{}(key.target.source),
                                 std::size_t{key.target.id}, std::size_t{key.count}}) {
    hash = (hash ^ part) * 0x9e37'79b9'7f4a'7c15ULL;
    hash ^= hash >> 29U;
  }
  return hash;
}

TypeRef DerivedTypes::intern(Key key, Type type) {
  const auto [place, fresh] = interned_.try_emplace(std::move(key), static_cast<TypeId>(entries_.size()));
  if (fresh) entries_.push_back({std::move(type), {}});
  return {this, place->second};
}

TypeId DerivedTypes::refer(TypeRef type) {
  if (type.source == this) return type.id;
  if (type.id == 0) return 0;
  const auto [place, fresh] =
      interned_.try_emplace(Key{Kind::void_, type, 0, {}}, static_cast<TypeId>(entries_.size()));
  if (fresh) entries_.push_back({{}, type});
  return place->second;
}

TypeRef DerivedTypes::add(Type type) {
  entries_.push_back({std::move(type), {}});
  return {this, static_cast<TypeId>(entries_.size() - 1)};
}

TypeRef DerivedTypes::pointer_to(TypeRef target) {
  Type type;
  type.kind = Kind::pointer;
  type.size = pointer_bytes_;
  type.target = refer(target);
  return intern({Kind::pointer, target, 0, {}}, std::move(type));
}

TypeRef DerivedTypes::array_of(TypeRef element, std::uint64_t count) {
  Type type;
  type.kind = Kind::array;
  type.target = refer(element);
  type.count = count;
  return intern({Kind::array, element, count, {}}, std::move(type));
}

TypeRef DerivedTypes::qualified(Kind kind, TypeRef target) {
  Type type;
  type.kind = kind;
  type.target = refer(target);
  return intern({kind, target, 0, {}}, std::move(type));
}

std::optional<TypeRef> DerivedTypes::base(std::string_view canonical) {
  auto type = base_type(canonical, pointer_bytes_);
  if (!type) return std::nullopt;
  return intern({Kind::integer, {}, 0, std::string(canonical)}, std::move(*type));
}

TypeRef DerivedTypes::forward(Kind declared, std::string_view name) {
  Type type;
  type.kind = Kind::forward;
  type.declared = declared;
  type.name = name;
  if (name.empty()) return add(std::move(type));
  return intern({Kind::forward, {}, static_cast<std::uint64_t>(declared), std::string(name)}, std::move(type));
}

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/type_system.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/escape.hpp"
#include "types/layout.hpp"

namespace alicia::types {
namespace {

constexpr unsigned deepest_anonymous = 16;
constexpr unsigned most_members = 100'000;  // looked at in one search: hostile structs hold each other

}  // namespace

TypeSystem::TypeSystem(unsigned pointer_bytes)
    : pointer_bytes_(pointer_bytes), derived_(std::make_unique<DerivedTypes>(pointer_bytes)) {}

TypeSystem::~TypeSystem() = default;

void TypeSystem::add_source(std::unique_ptr<TypeSource> source) {
  sources_.push_back(std::move(source));
  // A forward declaration that was found may have its definition now.
  found_.clear();
}

std::optional<TypeRef> TypeSystem::lookup(Tag tag, std::string_view name) const {
  std::optional<TypeRef> declared;
  for (const auto& source : sources_) {
    const auto id = source->find(tag, name);
    if (!id) continue;
    const TypeRef found = source->resolve(*id);
    if (describe(found).kind != Kind::forward) return found;
    if (!declared) declared = found;
  }
  return declared;
}

tl::unexpected<Error> TypeSystem::unless_troubled(Error error) const {
  if (error.code == ErrorCode::no_such_type) {
    for (const auto& source : sources_) {
      auto trouble = source->trouble();
      if (!trouble) continue;
      if (trouble->code == ErrorCode::no_such_type) trouble->message = error.message + ": " + trouble->message;
      return tl::unexpected<Error>(std::move(*trouble));
    }
  }
  return tl::unexpected<Error>(std::move(error));
}

Result<TypeRef> TypeSystem::find(std::string_view declaration) {
  if (const auto known = found_.find(declaration); known != found_.end()) return known->second;
  const auto parsed =
      parse_declaration(declaration, *derived_, [this](Tag tag, std::string_view name) { return lookup(tag, name); });
  if (!parsed) return unless_troubled(parsed.error());
  if (!parsed->name.empty() || parsed->bitfield_bits) {
    return failure(ErrorCode::bad_argument, fmt::format("not a type: {}", visible(declaration.substr(0, 200))));
  }
  found_.emplace(declaration, parsed->type);
  return parsed->type;
}

Result<Declaration> TypeSystem::declare(std::string_view text) {
  return parse_declaration(
      text, *derived_, [this](Tag tag, std::string_view name) { return lookup(tag, name); }, UnknownTag::forward);
}

TypeRef TypeSystem::strip(TypeRef type) const {
  return types::strip(type);
}

TypeRef TypeSystem::complete(TypeRef type) const {
  type = types::strip(type);
  const Type& described = describe(type);
  if (described.kind != Kind::forward || described.name.empty()) return type;
  const Tag tag = described.declared == Kind::union_        ? Tag::union_
                  : described.declared == Kind::enumeration ? Tag::enumeration
                                                            : Tag::structure;
  return lookup(tag, described.name).value_or(type);
}

Result<std::uint64_t> TypeSystem::size_of(TypeRef type) const {
  return types::size_of(complete(type), pointer_bytes_);
}

std::size_t TypeSystem::MemberHash::operator()(const MemberKey& key) const {
  const std::size_t name = std::hash<std::string_view>{}(key.name);
  const std::size_t source = std::hash<const void*>{}(key.structure.source);
  return name ^ (source + key.structure.id * 0x9e37'79b9'7f4a'7c15ULL);
}

Result<Field> TypeSystem::member(TypeRef structure, std::string_view name) const {
  structure = complete(structure);
  if (const auto known = members_.find({structure, name}); known != members_.end()) return known->second;
  const Kind kind = describe(structure).kind;
  if (kind == Kind::forward) {
    return unless_troubled(
        {ErrorCode::no_such_type, fmt::format("{} is declared but not described", visible(spell(structure))), {}});
  }
  if (kind != Kind::structure && kind != Kind::union_) {
    return failure(ErrorCode::type_mismatch,
                   fmt::format("{} has no members, no {}", visible(spell(structure)), visible(name.substr(0, 200))));
  }
  unsigned budget = most_members;
  const auto found = name.empty() ? std::nullopt : search(structure, name, deepest_anonymous, budget);
  if (!found) {
    return failure(ErrorCode::no_such_member,
                   fmt::format("{} has no member {}", visible(spell(structure)), visible(name.substr(0, 200))));
  }
  members_.emplace(MemberKey{structure, member_names_.emplace_back(name)}, *found);
  return *found;
}

std::optional<Field> TypeSystem::search(TypeRef structure, std::string_view name, unsigned depth,
                                        unsigned& budget) const {
  const Type& described = describe(structure);
  for (const Member& member : described.members) {
    if (budget == 0) return std::nullopt;
    --budget;
    const TypeRef type = follow(structure, member.type);
    if (member.name == name) return Field{type, member.bit_offset, member.bitfield_bits};
    if (!member.name.empty() || depth == 0) continue;
    const TypeRef inner = types::strip(type);
    const Kind kind = describe(inner).kind;
    if (kind != Kind::structure && kind != Kind::union_) continue;
    if (auto found = search(inner, name, depth - 1, budget)) {
      found->bit_offset += member.bit_offset;
      return found;
    }
  }
  return std::nullopt;
}

std::string TypeSystem::spell(TypeRef type, std::string_view name) const {
  return types::spell(type, name);
}

}  // namespace alicia::types

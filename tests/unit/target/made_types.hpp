// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <deque>
#include <map>
#include <string>

#include "types/type.hpp"

namespace alicia::test {

/// Types that a test declares member by member.
class MadeTypes final : public types::TypeSource {
 public:
  MadeTypes() { made_.emplace_back(); }

  types::TypeId integer(std::uint64_t bytes) { return add(types::Kind::integer, "int" + std::to_string(bytes), bytes); }
  types::TypeId pointer() { return add(types::Kind::pointer, {}, 8); }
  types::TypeId array(types::TypeId element, std::uint64_t count) {
    const types::TypeId id = add(types::Kind::array, {}, 0);
    made_[id].target = element;
    made_[id].count = count;
    return id;
  }
  types::TypeId structure(const std::string& name, std::uint64_t bytes, std::vector<types::Member> members) {
    const types::TypeId id = add(types::Kind::structure, name, bytes);
    made_[id].members = std::move(members);
    named_[name] = id;
    return id;
  }
  static types::Member member(std::string name, types::TypeId type, std::uint64_t offset) {
    return {std::move(name), type, offset * 8, 0};
  }

  std::optional<types::TypeId> find(types::Tag tag, std::string_view name) override {
    const auto found = named_.find(std::string(name));
    if (found == named_.end() || (tag != types::Tag::structure && tag != types::Tag::any)) return std::nullopt;
    return found->second;
  }
  const types::Type& type(types::TypeId id) override { return made_.at(id); }

 private:
  types::TypeId add(types::Kind kind, std::string name, std::uint64_t bytes) {
    types::Type& type = made_.emplace_back();
    type.kind = kind;
    type.name = std::move(name);
    type.size = bytes;
    return static_cast<types::TypeId>(made_.size() - 1);
  }
  std::deque<types::Type> made_;
  std::map<std::string, types::TypeId> named_;
};

}  // namespace alicia::test

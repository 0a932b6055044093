// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/type_chain.hpp"

#include <algorithm>
#include <utility>

namespace alicia::target {

const TypeChain::Sources& TypeChain::sources() {
  static const Sources none;
  if (reading_) return none;
  if (!sources_) {
    reading_ = true;
    sources_ = read_();
    reading_ = false;
  }
  return *sources_;
}

std::optional<types::TypeId> TypeChain::find(types::Tag tag, std::string_view name) {
  std::optional<types::TypeRef> best;
  for (const auto& source : sources()) {
    const auto id = source->find(tag, name);
    if (!id) continue;
    const types::TypeRef candidate = source->resolve(*id);
    const bool is_definition = candidate.source->type(candidate.id).kind != types::Kind::forward;
    if (is_definition || !best) best = candidate;
    if (is_definition) break;
  }
  if (!best) return std::nullopt;
  const auto known = std::ranges::find(found_, *best);
  const auto index = static_cast<types::TypeId>(known - found_.begin());
  if (known == found_.end()) found_.push_back(*best);
  return index;
}

const types::Type& TypeChain::type(types::TypeId id) {
  const types::TypeRef found = found_.at(id);
  return found.source->type(found.id);
}

types::TypeRef TypeChain::resolve(types::TypeId id) {
  return found_.at(id);
}

std::optional<types::TypeRef> TypeChain::find_variable(std::string_view name) {
  for (const auto& source : sources())
    if (const auto found = source->find_variable(name)) return found;
  return std::nullopt;
}

}  // namespace alicia::target

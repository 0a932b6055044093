// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/layout.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"

namespace alicia::target {

std::uint64_t Slot::in(std::span<const std::byte> bytes) const {
  std::uint64_t value = 0;
  if (size > sizeof value || !fits(offset, size, bytes.size())) return 0;
  std::memcpy(&value, bytes.data() + offset, size);
  return value;
}

Result<Layout> Layout::of(types::TypeSystem& types, std::string_view type) {
  const auto found = types.find(type);
  if (!found) return failure(found);
  const auto size = types.size_of(*found);
  if (!size) return failure(size);
  return Layout(types, *found, *size);
}

Result<types::Field> Layout::field(std::string_view path) const {
  types::Field result{type_, 0, 0};
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    auto member = types_->member(result.type, path.substr(0, dot));
    if (!member) return failure(std::move(member));
    member->bit_offset += result.bit_offset;
    result = *member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return result;
}

Result<Slot> Layout::slot(std::string_view path) const {
  const auto member = field(path);
  if (!member) return failure(member);
  const auto bytes = types_->size_of(member->type);
  if (!bytes) return failure(bytes);
  return Slot{member->bit_offset / 8, *bytes};
}

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/bytes.hpp"
#include "types/containers.hpp"
#include "types/value.hpp"

namespace alicia::types {

/// What the walks share: reading pointers, the offsets of the kernel's own members, the limits. A failure is noted, and
/// the walk ends.
template <class Entry>
class WalkGuard {
 public:
  WalkGuard(const MemoryReader& memory, const TypeSystem& types, const WalkLimits& limits)
      : memory_(memory), types_(types), limits_(limits) {}

  /// Bytes from the start of `struct tag` to `member`.
  std::optional<std::uint64_t> offset(std::string_view tag, std::string_view member) {
    const auto field = this->field(tag, member);
    if (!field) return std::nullopt;
    return field->bit_offset / 8;
  }

  std::optional<Field> field(std::string_view tag, std::string_view member) {
    const auto structure = structure_of(tag);
    if (!structure) return std::nullopt;
    return keep(types_.member(*structure, member));
  }

  std::optional<TypeRef> structure_of(std::string_view tag) {
    const auto structure = types_.lookup(Tag::structure, tag);
    if (!structure) fail(ErrorCode::no_such_type, fmt::format("no type struct {}", tag));
    return structure;
  }

  std::optional<std::uint64_t> pointer(VirtualAddress address) {
    const auto read = keep(read_pointer(memory_, types_, types_.wrap(address)));
    if (!read) return std::nullopt;
    return read->value;
  }

  bool bytes(VirtualAddress address, std::span<std::byte> out) {
    if (auto read = memory_.read(types_.wrap(address), out); !read) {
      walk_.broken = std::move(read).error();
      return false;
    }
    return true;
  }

  /// A pointer within bytes already read.
  std::uint64_t word(std::span<const std::byte> bytes, std::size_t offset) const {
    return types_.pointer_bytes() == 4 ? load<std::uint32_t>(bytes, offset) : load<std::uint64_t>(bytes, offset);
  }

  /// Notes that the walk comes to a tree's node. False when it has to end there: a tree meets no node twice.
  bool enter(std::uint64_t node) {
    if (passed_.size() >= limits_.most) {
      fail(ErrorCode::corrupt, fmt::format("a tree of more than {} nodes", limits_.most));
      return false;
    }
    if (!passed_.insert(node).second) {
      fail(ErrorCode::corrupt, fmt::format("the tree meets node {:#x} twice", node), node);
      return false;
    }
    return !interrupted();
  }

  /// False when the walk has to end here.
  bool add(Entry entry) {
    if (interrupted()) return false;
    if (walk_.entries.size() >= limits_.most) {
      fail(ErrorCode::corrupt, fmt::format("more than {} entries", limits_.most));
      return false;
    }
    walk_.entries.push_back(entry);
    return true;
  }

  void fail(ErrorCode code, std::string message, std::optional<std::uint64_t> address = std::nullopt) {
    walk_.broken = Error{code, std::move(message), address};
  }

  const TypeSystem& types() const { return types_; }
  bool broken() const { return walk_.broken.has_value(); }
  Walk<Entry>& walk() { return walk_; }
  Walk<Entry> take() { return std::move(walk_); }

 private:
  bool interrupted() {
    if (limits_.cancellation == nullptr || !limits_.cancellation->requested()) return false;
    fail(ErrorCode::interrupted, "interrupted");
    return true;
  }

  template <class T>
  std::optional<T> keep(Result<T> result) {
    if (result) return *std::move(result);
    walk_.broken = std::move(result).error();
    return std::nullopt;
  }

  const MemoryReader& memory_;
  const TypeSystem& types_;
  const WalkLimits& limits_;
  Walk<Entry> walk_;
  std::unordered_set<std::uint64_t> passed_;
};

}  // namespace alicia::types

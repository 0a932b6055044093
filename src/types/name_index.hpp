// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace alicia::types {

/// Numbers by name, several to a name: open addressing over hashes, since a map's nodes for a kernel's names would cost
/// more to allocate than a whole script's lookups take. Names stay with the caller, who compares them.
class NameIndex {
 public:
  /// `expected` bounds the insertions.
  explicit NameIndex(std::size_t expected) : slots_(std::bit_ceil(expected * 2 + 2)) {}

  /// `number` is not 0. Of one name the first thousand are kept: more are no kernel's, but the many lost types of a
  /// damaged one, and each would be passed by on the way to the next.
  void insert(std::string_view name, std::uint32_t number) {
    const std::uint32_t hash = hash_of(name);
    std::size_t at = hash & (slots_.size() - 1);
    unsigned equal = 0;
    for (; slots_[at].number != 0; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].hash == hash && ++equal >= 1000) return;
    slots_[at] = {hash, number};
  }

  /// Calls `visit` with each number that may have been inserted under `name`, in order of insertion.
  template <class Visit>
  void candidates(std::string_view name, Visit&& visit) const {
    const std::uint32_t hash = hash_of(name);
    for (std::size_t at = hash & (slots_.size() - 1); slots_[at].number != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].hash == hash) visit(slots_[at].number);
    }
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;
  };
  static std::uint32_t hash_of(std::string_view name) {
    const std::size_t hash = std::hash<std::string_view>{}(name);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
  }
  std::vector<Slot> slots_;
};

}  // namespace alicia::types

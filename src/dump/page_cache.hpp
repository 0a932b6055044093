// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of pages once read: their bytes, or why they can't be had. A table of sets of seven ways, like a
// processor's cache: a frame number picks a set, whose seven numbers and marks are one cache line. When a set is full,
// a hand goes round it and takes the first way not used since it last came by. Capacity is therefore bounded with no
// list that every hit would have to reorder, and a hit writes nothing but its mark, and that only once.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "dump/striped_lock.hpp"

namespace alicia::dump {

/// Values by page frame (or another Quantity), at most `capacity` of them or one set's seven. Safe to use from several
/// threads.
template <class Value, class Key = PageFrame>
class PageCache {
 public:
  explicit PageCache(std::size_t capacity) : sets_(std::bit_floor(std::max<std::size_t>(1, capacity / kWays))) {}

  /// Calls `use(value)` if there is one for `frame`, under a reader's lock: `use` has to be short and must not come
  /// back to this cache.
  template <class Use>
  bool visit(Key frame, Use&& use) const {
    const StripedLock::Reader reader{lock_};
    Set& set = set_of(frame);
    for (unsigned way = 0; way < kWays; ++way) {
      if (set.frames[way] != frame.value) continue;
      if (!set.used[way].load(std::memory_order_relaxed)) set.used[way].store(true, std::memory_order_relaxed);
      use(std::as_const(set.values[way]));
      return true;
    }
    return false;
  }

  void insert(Key frame, Value value) const {  // what `value` replaces dies after the lock is released
    const StripedLock::Writer writer{lock_};
    Set& set = set_of(frame);
    const unsigned way = choose(set, frame);
    set.frames[way] = frame.value;
    std::swap(set.values[way], value);
    // Not marked as used before its first hit: a walk through all of memory doesn't drive out what is in use.
    set.used[way].store(false, std::memory_order_relaxed);
  }

 private:
  static constexpr unsigned kWays = 7;
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  struct alignas(64) Set {
    Set() { frames.fill(kNone); }
    std::array<std::uint64_t, kWays> frames;
    std::array<std::atomic<bool>, kWays> used{};
    std::uint8_t hand = 0;
    std::array<Value, kWays> values{};
  };

  Set& set_of(Key frame) const {
    // Neighbours go to neighbouring sets; a multiplication spreads what is a power of two apart.
    const std::uint64_t hash = (frame.value ^ (frame.value >> 20)) + (frame.value >> 10) * 0x9e3779b97f4a7c15U;
    return sets_[hash & (sets_.size() - 1)];
  }

  static unsigned choose(Set& set, Key frame) {
    for (unsigned way = 0; way < kWays; ++way) {
      if (set.frames[way] == frame.value || set.frames[way] == kNone) return way;
    }
    for (;;) {
      const unsigned way = set.hand;
      set.hand = static_cast<std::uint8_t>((way + 1) % kWays);
      if (!set.used[way].exchange(false, std::memory_order_relaxed)) return way;
    }
  }

  mutable std::vector<Set> sets_;
  mutable StripedLock lock_;
};

}  // namespace alicia::dump

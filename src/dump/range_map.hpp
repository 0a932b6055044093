// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "base/address.hpp"

namespace alicia::dump {

/// A stretch [begin, end) of something, and where its bytes begin in the file.
template <class Key>
struct MappedRange {
  Key begin;
  Key end;
  FileOffset offset;
};

/// Disjoint ranges in order, made from ranges that may overlap: where they do, the one given last is taken. Making it
/// costs sorting, looking up a binary search.
template <class Key>
class RangeMap {
 public:
  RangeMap() = default;
  explicit RangeMap(std::vector<MappedRange<Key>> ranges) {
    std::vector<Numbered> sorted;
    sorted.reserve(ranges.size());
    for (const auto& range : ranges) {
      if (range.begin < range.end) sorted.push_back({range, sorted.size()});
    }
    std::ranges::stable_sort(sorted, {}, [](const Numbered& one) { return one.range.begin; });
    overlay(sorted);
  }

  /// The range that holds `key`; null if none does.
  const MappedRange<Key>* find(Key key) const {
    const auto* last = at_or_before(key);
    return last != nullptr && key < last->end ? last : nullptr;
  }
  /// True if all of [begin, begin + length) is mapped.
  bool covers(Key begin, std::uint64_t length) const {
    while (length != 0) {
      const auto* range = find(begin);
      if (range == nullptr) return false;
      const std::uint64_t step = std::min<std::uint64_t>(length, range->end - begin);
      begin = begin + step;
      length -= step;
    }
    return true;
  }
  /// The first range that begins after `key`; null if none does.
  const MappedRange<Key>* after(Key key) const {
    const auto next = std::ranges::upper_bound(ranges_, key, {}, &MappedRange<Key>::begin);
    return next == ranges_.end() ? nullptr : &*next;
  }
  std::span<const MappedRange<Key>> ranges() const { return ranges_; }

 private:
  struct Numbered {
    MappedRange<Key> range;
    std::size_t number;
    bool operator<(const Numbered& other) const { return number < other.number; }
  };

  const MappedRange<Key>* at_or_before(Key key) const {
    const auto next = std::ranges::upper_bound(ranges_, key, {}, &MappedRange<Key>::begin);
    return next == ranges_.begin() ? nullptr : &*std::prev(next);
  }

  /// Sweeps over the begins, always taking the one given last of those open there.
  void overlay(const std::vector<Numbered>& sorted) {
    ranges_.reserve(sorted.size());
    std::priority_queue<Numbered> open;
    auto next = sorted.begin();
    Key at{};
    while (next != sorted.end() || !open.empty()) {
      if (open.empty()) at = std::max(at, next->range.begin);
      for (; next != sorted.end() && next->range.begin <= at; ++next)
        open.push(*next);
      while (!open.empty() && open.top().range.end <= at)
        open.pop();
      if (open.empty()) continue;
      const auto& top = open.top().range;
      const Key stop = next == sorted.end() ? top.end : std::min(top.end, next->range.begin);
      append({at, stop, top.offset + (at - top.begin)});
      at = stop;
    }
  }

  void append(const MappedRange<Key>& piece) {
    if (!ranges_.empty() && ranges_.back().end == piece.begin &&
        ranges_.back().offset + (piece.begin - ranges_.back().begin) == piece.offset) {
      ranges_.back().end = piece.end;
    } else {
      ranges_.push_back(piece);
    }
  }

  std::vector<MappedRange<Key>> ranges_;
};

}  // namespace alicia::dump

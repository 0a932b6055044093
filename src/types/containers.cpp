// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/containers.hpp"

#include <array>
#include <unordered_set>

#include "types/walk_guard.hpp"

namespace alicia::types {
namespace {

/// Notices a chain that runs in a circle: Brent's algorithm, which remembers one node and costs one comparison a step.
class CircleGuard {
 public:
  /// True if `node` was passed before, told within three times the circle's length.
  bool seen(std::uint64_t node) {
    if (node == remembered_ && steps_ != 0) return true;
    if (++steps_ == power_) {
      power_ *= 2;
      remembered_ = node;
    }
    return false;
  }

 private:
  std::uint64_t remembered_ = 0;
  std::size_t steps_ = 0;
  std::size_t power_ = 1;
};

class ChainWalk {
 public:
  ChainWalk(const MemoryReader& memory, const TypeSystem& types, std::uint64_t node_offset, const WalkLimits& limits)
      : guard_(memory, types, limits), node_offset_(node_offset) {}

  /// Follows `next` from `node` until `is_end` says so.
  template <class IsEnd>
  Walk<VirtualAddress> run(std::optional<std::uint64_t> node, std::uint64_t next_offset, IsEnd&& is_end) {
    while (node && !is_end(*node)) {
      if (broken_pointer(*node)) break;
      if (circle_.seen(*node)) {
        forget_repeats();
        guard_.fail(ErrorCode::corrupt, fmt::format("the list runs in a circle at {:#x}", *node), *node);
        break;
      }
      if (!guard_.add(guard_.types().wrap(VirtualAddress{*node} - node_offset_))) break;
      came_from_ = *node;
      node = guard_.pointer(VirtualAddress{*node + next_offset});
    }
    return guard_.take();
  }

  WalkGuard<VirtualAddress>& guard() { return guard_; }

 private:
  /// Null where there is none in this kind of list, or the poison that list_del leaves.
  bool broken_pointer(std::uint64_t node) {
    const bool poison = (node & ~0xfffULL) == 0xdead'0000'0000'0000ULL || node == 0x100 || node == 0x122;
    if (node != 0 && !poison) return false;
    guard_.fail(ErrorCode::corrupt,
                fmt::format("{} in the list after {:#x}", poison ? "the poison of a removed entry" : "a null pointer",
                            came_from_),
                came_from_);
    return true;
  }

  /// The circle was noticed some rounds late.
  void forget_repeats() {
    auto& entries = guard_.walk().entries;
    std::unordered_set<std::uint64_t> passed;
    for (std::size_t index = 0; index < entries.size(); ++index) {
      if (!passed.insert(entries[index].value).second) {
        entries.resize(index);
        break;
      }
    }
  }

  WalkGuard<VirtualAddress> guard_;
  CircleGuard circle_;
  std::uint64_t node_offset_;
  std::uint64_t came_from_ = 0;
};

class TreeWalk {
 public:
  TreeWalk(const MemoryReader& memory, const TypeSystem& types, std::uint64_t node_offset, const WalkLimits& limits)
      : guard_(memory, types, limits), node_offset_(node_offset) {}

  Walk<VirtualAddress> run(VirtualAddress root) {
    const auto top = guard_.offset("rb_root", "rb_node");
    const auto left = guard_.offset("rb_node", "rb_left");
    const auto right = guard_.offset("rb_node", "rb_right");
    if (top && left && right) {
      left_ = *left;
      right_ = *right;
      if (const auto node = guard_.pointer(root + *top)) go(*node);
    }
    return guard_.take();
  }

 private:
  /// In order, without recursion: what is on the stack waits for its left side to be done.
  void go(std::uint64_t node) {
    std::vector<std::uint64_t> waiting;
    while (node != 0 || !waiting.empty()) {
      while (node != 0) {
        if (!guard_.enter(node)) return;
        waiting.push_back(node);
        if (!step(node, left_)) return;
      }
      node = waiting.back();
      waiting.pop_back();
      if (!guard_.add(guard_.types().wrap(VirtualAddress{node} - node_offset_)) || !step(node, right_)) return;
    }
  }

  bool step(std::uint64_t& node, std::uint64_t side) {
    const auto child = guard_.pointer(VirtualAddress{node + side});
    node = child.value_or(0);
    return child.has_value();
  }

  WalkGuard<VirtualAddress> guard_;
  std::uint64_t node_offset_;
  std::uint64_t left_ = 0;
  std::uint64_t right_ = 0;
};

}  // namespace

Walk<VirtualAddress> walk_list(const MemoryReader& memory, const TypeSystem& types, VirtualAddress head,
                               std::uint64_t node_offset, const WalkLimits& limits) {
  ChainWalk walk(memory, types, node_offset, limits);
  const auto next = walk.guard().offset("list_head", "next");
  if (!next) return walk.guard().take();
  const auto first = walk.guard().pointer(head + *next);
  return walk.run(first, *next, [&](std::uint64_t node) { return node == types.wrap(head).value; });
}

HlistKind hlist_kind(const TypeSystem& types, TypeRef node) {
  const std::string& name = types.describe(types.complete(node)).name;
  return name.starts_with("hlist_nulls") ? HlistKind::nulls
         : name.starts_with("hlist_bl")  ? HlistKind::bit_lock
                                         : HlistKind::plain;
}

Walk<VirtualAddress> walk_hlist(const MemoryReader& memory, const TypeSystem& types, VirtualAddress head,
                                std::uint64_t node_offset, HlistKind kind, const WalkLimits& limits) {
  ChainWalk walk(memory, types, node_offset, limits);
  const std::string_view prefix = kind == HlistKind::nulls      ? "hlist_nulls"
                                  : kind == HlistKind::bit_lock ? "hlist_bl"
                                                                : "hlist";
  const auto first = walk.guard().offset(fmt::format("{}_head", prefix), "first");
  const auto next = walk.guard().offset(fmt::format("{}_node", prefix), "next");
  if (!first || !next) return walk.guard().take();
  auto node = walk.guard().pointer(head + *first);
  if (node && kind == HlistKind::bit_lock) *node &= ~1ULL;
  return walk.run(node, *next,
                  [&](std::uint64_t at) { return at == 0 || (kind == HlistKind::nulls && (at & 1U) != 0); });
}

Walk<VirtualAddress> walk_llist(const MemoryReader& memory, const TypeSystem& types, VirtualAddress head,
                                std::uint64_t node_offset, const WalkLimits& limits) {
  ChainWalk walk(memory, types, node_offset, limits);
  const auto first = walk.guard().offset("llist_head", "first");
  const auto next = walk.guard().offset("llist_node", "next");
  if (!first || !next) return walk.guard().take();
  return walk.run(walk.guard().pointer(head + *first), *next, [](std::uint64_t node) { return node == 0; });
}

Walk<VirtualAddress> walk_rbtree(const MemoryReader& memory, const TypeSystem& types, VirtualAddress root,
                                 std::uint64_t node_offset, const WalkLimits& limits) {
  return TreeWalk(memory, types, node_offset, limits).run(root);
}

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
//
// XArray (include/linux/xarray.h in the kernel): a tree of nodes with 64 or 16 slots each, a node's `shift` saying
// which bits of an index choose among them. The two low bits of an entry tell what it is: 00 a pointer, x1 a number
// shifted left by one, 10 the tree's own (a node, or below 4096 a mark: a sibling of a wider entry, "retry",
// "reserved").
#include <algorithm>
#include <array>

#include "types/walk_guard.hpp"

namespace alicia::types {
namespace {

bool is_internal(std::uint64_t entry) {
  return (entry & 3U) == 2;
}
bool is_node(std::uint64_t entry) {
  return is_internal(entry) && entry > 4096;
}

class XarrayWalk {
 public:
  XarrayWalk(const MemoryReader& memory, const TypeSystem& types, const WalkLimits& limits)
      : guard_(memory, types, limits) {}

  Walk<Slot> run(VirtualAddress xarray, std::uint64_t base) {
    base_ = base;
    const auto head = guard_.offset("xarray", "xa_head");
    if (!head || !learn_layout()) return guard_.take();
    const auto top = guard_.pointer(xarray + *head);
    if (!top) return guard_.take();
    if (is_node(*top)) {
      node(*top - 2, 0, 64);
    } else {
      entry(*top, 0, 0);
    }
    return guard_.take();
  }

  WalkGuard<Slot>& guard() { return guard_; }

 private:
  bool learn_layout() {
    const auto structure = guard_.structure_of("xa_node");
    const auto shift = guard_.offset("xa_node", "shift");
    const auto slots = guard_.field("xa_node", "slots");
    if (!structure || !shift || !slots) return false;
    const auto& types = guard_.types();
    const std::uint64_t count = types.describe(types.strip(slots->type)).count;
    shift_ = *shift;
    slots_ = slots->bit_offset / 8;
    count_ = count;
    if ((count != 16 && count != 64) || shift_ > 64 || slots_ > 4096) {
      guard_.fail(ErrorCode::not_supported, fmt::format("struct xa_node has {} slots", count));
      return false;
    }
    node_bytes_ = std::max(slots_ + count * types.pointer_bytes(), shift_ + 1);
    return true;
  }

  /// Walks the node whose first slot stands for index `first`; its shift has to be below `above`.
  void node(std::uint64_t address, std::uint64_t first, unsigned above) {
    if (!guard_.enter(address)) return;
    std::vector<std::byte> bytes(node_bytes_);
    if (!guard_.bytes(VirtualAddress{address}, bytes)) return;
    const auto shift = std::to_integer<unsigned>(bytes[shift_]);
    if (shift >= above) {
      guard_.fail(ErrorCode::corrupt, fmt::format("xarray node {:#x} has shift {}", address, shift), address);
      return;
    }
    const std::uint64_t width = shift < 64 ? (1ULL << shift) : 0;
    for (std::uint64_t slot = 0; slot < count_ && !guard_.broken(); ++slot) {
      const std::uint64_t held = guard_.word(bytes, slots_ + slot * guard_.types().pointer_bytes());
      const std::uint64_t index = first + slot * width;
      if (is_node(held) && shift != 0) {
        node(held - 2, index, shift);
      } else if (!is_internal(held) && held != 0) {
        entry(held, index, index + siblings(bytes, slot) * width + width - 1);
      }
    }
  }

  /// Slots after `slot` that belong to the same wide entry: marks that hold its number.
  std::uint64_t siblings(std::span<const std::byte> bytes, std::uint64_t slot) const {
    std::uint64_t count = 0;
    while (slot + count + 1 < count_ &&
           guard_.word(bytes, slots_ + (slot + count + 1) * guard_.types().pointer_bytes()) == (slot << 2U | 2U)) {
      ++count;
    }
    return count;
  }

  void entry(std::uint64_t held, std::uint64_t first, std::uint64_t last) {
    if (held == 0 || is_internal(held)) return;
    const bool is_value = (held & 1U) != 0;
    guard_.add({base_ + first, base_ + last, is_value ? held >> 1U : held, is_value});
  }

  WalkGuard<Slot> guard_;
  std::uint64_t base_ = 0;
  std::uint64_t shift_ = 0;
  std::uint64_t slots_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t node_bytes_ = 0;
};

}  // namespace

Walk<Slot> walk_xarray(const MemoryReader& memory, const TypeSystem& types, VirtualAddress xarray,
                       const WalkLimits& limits) {
  return XarrayWalk(memory, types, limits).run(xarray, 0);
}

Walk<Slot> walk_idr(const MemoryReader& memory, const TypeSystem& types, VirtualAddress idr, const WalkLimits& limits) {
  XarrayWalk walk(memory, types, limits);
  const auto tree = walk.guard().offset("idr", "idr_rt");
  const auto base = walk.guard().offset("idr", "idr_base");
  if (!tree || !base) return walk.guard().take();
  std::array<std::byte, 4> first{};
  if (!walk.guard().bytes(idr + *base, first)) return walk.guard().take();
  return walk.run(idr + *tree, load<std::uint32_t>(first));
}

}  // namespace alicia::types

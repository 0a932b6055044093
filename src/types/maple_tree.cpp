// SPDX-License-Identifier: GPL-3.0-or-later
//
// Maple tree (include/linux/maple_tree.h in the kernel): a B-tree of index ranges. A node of 256 bytes has slots and,
// between them, pivots: slot i holds what lies after pivot i-1 up to pivot i, the last one up to the node's own end. A
// zero pivot past the first means that the slot there is the last. Nodes are aligned to their size, and a pointer to
// one has its kind in bits 3 to 6. A root that is no node is the entry of index 0.
#include <array>

#include "types/walk_guard.hpp"

namespace alicia::types {
namespace {

constexpr std::uint64_t node_mask = 255;
enum NodeKind : unsigned { dense, leaf_64, range_64, arange_64 };

class MapleWalk {
 public:
  MapleWalk(const MemoryReader& memory, const TypeSystem& types, const WalkLimits& limits)
      : guard_(memory, types, limits) {}

  Walk<Slot> run(VirtualAddress tree) {
    const auto root = guard_.offset("maple_tree", "ma_root");
    if (!root || !learn("maple_range_64", range_) || !learn("maple_arange_64", arange_)) return guard_.take();
    const auto top = guard_.pointer(tree + *root);
    if (!top) return guard_.take();
    const std::uint64_t most = guard_.types().pointer_bytes() == 4 ? 0xffff'ffffULL : ~0ULL;
    if ((*top & 3U) == 2 && *top > 4096) {
      node(*top, 0, most, deepest);
    } else {
      entry(*top, 0, 0);
    }
    return guard_.take();
  }

 private:
  struct Layout {
    std::uint64_t pivots = 0;
    std::uint64_t pivot_count = 0;
    std::uint64_t slots = 0;
    std::uint64_t slot_count = 0;
  };
  static constexpr unsigned deepest = 32;
  static constexpr std::uint64_t node_bytes = node_mask + 1;

  bool learn(std::string_view tag, Layout& layout) {
    const auto pivots = guard_.field(tag, "pivot");
    const auto slots = guard_.field(tag, "slot");
    if (!pivots || !slots) return false;
    const auto count = [&](const Field& field) {
      return guard_.types().describe(guard_.types().strip(field.type)).count;
    };
    layout = {pivots->bit_offset / 8, count(*pivots), slots->bit_offset / 8, count(*slots)};
    const std::uint64_t word = guard_.types().pointer_bytes();
    if (!fits(layout.pivots, layout.pivot_count * word, node_bytes) || layout.pivot_count > node_bytes ||
        !fits(layout.slots, layout.slot_count * word, node_bytes) || layout.slot_count > node_bytes) {
      guard_.fail(ErrorCode::not_supported, fmt::format("struct {} exceeds a maple tree's node", tag));
      return false;
    }
    return true;
  }

  void node(std::uint64_t tagged, std::uint64_t first, std::uint64_t last, unsigned levels) {
    const std::uint64_t address = tagged & ~node_mask;
    const auto kind = static_cast<unsigned>(tagged >> 3U & 15U);
    if (levels == 0) {
      guard_.fail(ErrorCode::corrupt, fmt::format("maple tree node {:#x} lies too deep", address), address);
      return;
    }
    if (!guard_.enter(address)) return;
    if (kind != leaf_64 && kind != range_64 && kind != arange_64) {
      guard_.fail(ErrorCode::not_supported, fmt::format("maple tree node {:#x} is of kind {}", address, kind), address);
      return;
    }
    std::array<std::byte, node_bytes> bytes{};
    if (!guard_.bytes(VirtualAddress{address}, bytes)) return;
    const Layout& layout = kind == arange_64 ? arange_ : range_;
    const std::uint64_t word = guard_.types().pointer_bytes();
    std::uint64_t from = first;
    for (std::uint64_t slot = 0; slot < layout.slot_count && !guard_.broken(); ++slot) {
      std::uint64_t to = slot < layout.pivot_count ? guard_.word(bytes, layout.pivots + slot * word) : last;
      if (to == 0 && (slot != 0 || from != 0)) to = last;
      if (to < from || to > last) {
        guard_.fail(ErrorCode::corrupt, fmt::format("pivots of maple tree node {:#x} are out of order", address),
                    address);
        return;
      }
      const std::uint64_t held = guard_.word(bytes, layout.slots + slot * word);
      if (kind == leaf_64) {
        entry(held, from, to);
      } else if (held != 0) {
        node(held, from, to, levels - 1);
      }
      if (to == last) break;
      from = to + 1;
    }
  }

  void entry(std::uint64_t held, std::uint64_t first, std::uint64_t last) {
    if (held == 0 || (held & 3U) == 2) return;  // empty, or reserved
    const bool is_value = (held & 1U) != 0;
    guard_.add({first, last, is_value ? held >> 1U : held, is_value});
  }

  WalkGuard<Slot> guard_;
  Layout range_;
  Layout arange_;
};

}  // namespace

Walk<Slot> walk_maple_tree(const MemoryReader& memory, const TypeSystem& types, VirtualAddress tree,
                           const WalkLimits& limits) {
  return MapleWalk(memory, types, limits).run(tree);
}

}  // namespace alicia::types

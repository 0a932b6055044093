// SPDX-License-Identifier: GPL-3.0-or-later
//
// The kernel's linked containers. A dump may hold a container that was being changed, that a bug has bent, or part of
// which was left out: a walk gives what it reached and, where it did not come to the end, why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "types/type_system.hpp"

namespace alicia::types {

/// What a walk reached, in the container's order. `broken` says why it ended early: an error of reading, corrupt
/// (a circle, a null or poisoned pointer, more entries than the limit), interrupted, or a type that is not there.
template <class Entry>
struct Walk {
  std::vector<Entry> entries;
  std::optional<Error> broken;
};

struct WalkLimits {
  std::size_t most = std::size_t{1} << 24U;  ///< entries
  const Cancellation* cancellation = nullptr;
};

/// One entry of an xarray or maple tree.
struct Slot {
  std::uint64_t first = 0;  ///< index, or the range's first index
  std::uint64_t last = 0;
  std::uint64_t entry = 0;  ///< the pointer stored there, or the number
  bool is_value = false;    ///< a number, not a pointer
};

/// Entries of the `struct list_head` at `head`: addresses of the structs that hold their node `node_offset` bytes from
/// their start.
Walk<VirtualAddress> walk_list(const MemoryReader& memory, const TypeSystem& types, VirtualAddress head,
                               std::uint64_t node_offset, const WalkLimits& limits = {});

/// The kinds of list with a head of one pointer.
enum class HlistKind : std::uint8_t {
  plain,     ///< hlist_head
  nulls,     ///< hlist_nulls_head: an odd pointer ends it
  bit_lock,  ///< hlist_bl_head: bit 0 of the head is a lock
};
/// The kind by its node's type (`struct hlist_bl_node`).
HlistKind hlist_kind(const TypeSystem& types, TypeRef node);
Walk<VirtualAddress> walk_hlist(const MemoryReader& memory, const TypeSystem& types, VirtualAddress head,
                                std::uint64_t node_offset, HlistKind kind = HlistKind::plain,
                                const WalkLimits& limits = {});

/// Entries of a `struct llist_head`, last added first.
Walk<VirtualAddress> walk_llist(const MemoryReader& memory, const TypeSystem& types, VirtualAddress head,
                                std::uint64_t node_offset, const WalkLimits& limits = {});

/// Entries of a `struct rb_root` or `struct rb_root_cached`, in order.
Walk<VirtualAddress> walk_rbtree(const MemoryReader& memory, const TypeSystem& types, VirtualAddress root,
                                 std::uint64_t node_offset, const WalkLimits& limits = {});

/// Entries of a `struct xarray`; reserved ones are left out.
Walk<Slot> walk_xarray(const MemoryReader& memory, const TypeSystem& types, VirtualAddress xarray,
                       const WalkLimits& limits = {});
/// Entries of a `struct idr`, by ID.
Walk<Slot> walk_idr(const MemoryReader& memory, const TypeSystem& types, VirtualAddress idr,
                    const WalkLimits& limits = {});
/// Entries of a `struct maple_tree`.
Walk<Slot> walk_maple_tree(const MemoryReader& memory, const TypeSystem& types, VirtualAddress tree,
                           const WalkLimits& limits = {});

}  // namespace alicia::types

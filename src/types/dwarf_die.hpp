// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace alicia::types {

/// One DWARF entry. What it lacks, or what libdwarf can't read, is nothing.
class Die {
 public:
  Die() = default;
  Die(Dwarf_Debug debug, Dwarf_Die handle) : debug_(debug), handle_(handle) {}
  Die(Die&& other) noexcept;
  Die& operator=(Die&& other) noexcept;
  ~Die();

  /// The entry at an offset of .debug_info.
  static Die at(Dwarf_Debug debug, std::uint64_t offset);
  /// The top entry of the unit whose header was read last.
  static Die top(Dwarf_Debug debug);

  explicit operator bool() const { return handle_ != nullptr; }
  unsigned tag() const;
  std::uint64_t offset() const;
  std::string_view name() const;
  bool flag(Dwarf_Half attribute) const;
  std::optional<std::uint64_t> number(Dwarf_Half attribute) const;
  /// A constant that may be negative.
  std::optional<std::int64_t> signed_number(Dwarf_Half attribute) const;
  /// The offset of the entry that an attribute refers to.
  std::optional<std::uint64_t> reference(Dwarf_Half attribute) const;
  /// A member's place in bytes, a number or an expression that adds one.
  std::optional<std::uint64_t> location(Dwarf_Half attribute) const;
  Die child() const;
  /// Nothing where the way to it has no end. One that is named may lie behind: see for_each_child().
  Die sibling() const;

 private:
  bool has_children() const;
  bool names_sibling() const;
  /// Whether libdwarf comes to an end of the children, which are `depth` levels below where it began.
  bool children_lead_on(unsigned depth) const;
  Die libdwarfs_sibling() const;

  Dwarf_Debug debug_ = nullptr;
  Dwarf_Die handle_ = nullptr;
};

/// Calls `visit` with each child, until it returns false.
template <class Visit>
void for_each_child(const Die& parent, Visit&& visit) {
  Die child = parent.child();
  while (child && visit(child)) {
    Die next = child.sibling();
    if (next && next.offset() <= child.offset()) break;  // a sibling told to lie behind would go round for ever
    child = std::move(next);
  }
}

}  // namespace alicia::types

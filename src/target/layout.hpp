// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// Where a scalar member lies within its struct.
struct Slot {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  /// The member's value in a copy of the struct; 0 where the copy is too short or the member no scalar.
  std::uint64_t in(std::span<const std::byte> bytes) const;
};

/// The members of one struct by path (`core_layout.base`), for code that reads many objects of it.
class Layout {
 public:
  /// Errors: no_such_type; type_mismatch where it has no size.
  static Result<Layout> of(types::TypeSystem& types, std::string_view type);

  std::uint64_t size() const { return size_; }
  /// Error: no_such_member, type_mismatch.
  Result<Slot> slot(std::string_view path) const;
  /// The type of the member at `path`, and its offset. Errors as slot().
  Result<types::Field> field(std::string_view path) const;

 private:
  Layout(types::TypeSystem& types, types::TypeRef type, std::uint64_t size)
      : types_(&types), type_(type), size_(size) {}

  types::TypeSystem* types_;
  types::TypeRef type_;
  std::uint64_t size_;
};

}  // namespace alicia::target

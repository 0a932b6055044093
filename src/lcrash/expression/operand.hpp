// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "types/type_system.hpp"
#include "types/value.hpp"

namespace alicia::lcrash {

/// What an expression comes to: a place in the dump, or a number with a type.
struct Operand {
  types::TypeRef type;
  bool in_memory = false;
  types::Place place;             ///< where in_memory
  std::uint64_t bits = 0;         ///< else: the value, extended to 64 bits as its type says
  bool has_unknown_type = false;  ///< a symbol whose type nobody knows; it stands for its address
};

/// What an expression is about. All borrowed.
struct Scope {
  const MemoryReader& memory;
  types::TypeSystem& types;
  /// `listed_only`: no need to look far, the word may be a number.
  std::function<Result<VirtualAddress>(std::string_view name, bool listed_only)> symbol;
  std::function<std::optional<types::TypeRef>(std::string_view name)> type_of_symbol;
};

/// C's rules of values: what operands become in arithmetic, comparisons and casts. While skipping, as on the right of
/// `0 &&`, no memory is read.
class Arithmetic {
 public:
  explicit Arithmetic(const Scope& scope) : scope_(scope) {}

  void skip(bool skipping) { skipping_ = skipping; }
  bool skipping() const { return skipping_; }

  /// A value, no longer a place: integers and pointers are read, arrays and functions become pointers.
  /// Errors: type_mismatch (a struct), not_supported (floating point), those of reading.
  Result<Operand> value_of(const Operand& operand) const;
  Result<Operand> cast(const Operand& operand, types::TypeRef type) const;
  Result<Operand> unary(std::string_view sign, const Operand& operand) const;
  Result<Operand> binary(std::string_view sign, const Operand& left, const Operand& right) const;
  /// The place a pointer points to.
  Result<Operand> pointed_to(const Operand& operand) const;
  Result<Operand> address_of(const Operand& operand) const;
  Result<bool> is_true(const Operand& operand) const;

  Operand integer(std::uint64_t bits, unsigned bytes, bool is_signed) const;
  std::string shown(types::TypeRef type) const;

 private:
  types::Kind kind(types::TypeRef type) const { return scope_.types.describe(scope_.types.complete(type)).kind; }
  bool is_pointer(const Operand& operand) const { return kind(operand.type) == types::Kind::pointer; }
  types::TypeRef target_of(types::TypeRef pointer) const;
  /// Bytes that a pointer of this type moves by.
  Result<std::uint64_t> step_of(types::TypeRef pointer) const;
  Result<Operand> pointer_binary(std::string_view sign, const Operand& left, const Operand& right) const;
  Result<Operand> divide(std::string_view sign, const Operand& left, const Operand& right, bool is_signed) const;
  struct Promoted {
    unsigned bytes;
    bool is_signed;
  };
  Promoted promoted(types::TypeRef type) const;

  const Scope& scope_;
  bool skipping_ = false;
};

/// A value cut to `bytes` and extended again.
std::uint64_t narrowed(std::uint64_t bits, unsigned bytes, bool is_signed);

}  // namespace alicia::lcrash

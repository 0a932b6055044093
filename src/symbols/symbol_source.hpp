// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"

namespace alicia::symbols {

struct Symbol {
  std::string name;
  VirtualAddress address;  ///< relocated; a per-CPU symbol's raw offset
  char type = '?';         ///< nm's letter
  std::string module;      ///< empty for the kernel itself
};

/// An address told as a symbol and what lies beyond it: `sys_flock+0x19 [module]`.
struct SymbolAndOffset {
  Symbol symbol;
  std::uint64_t offset = 0;
};

/// Names and addresses from one place: kallsyms, System.map, an ELF symbol table, a module.
class SymbolSource {
 public:
  virtual ~SymbolSource() = default;
  /// The first symbol of that name: lowest address first.
  virtual std::optional<Symbol> find(std::string_view name) const = 0;
  /// The last symbol at or below `address`, within this source's range; of several at one address the first, as in the
  /// kernel's own oops.
  virtual std::optional<SymbolAndOffset> at(VirtualAddress address) const = 0;
  /// Every symbol, by address, until `visit` returns false.
  virtual void for_each(const std::function<bool(const Symbol&)>& visit) const = 0;
};

}  // namespace alicia::symbols

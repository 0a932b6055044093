// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "symbols/symbol_source.hpp"

namespace alicia::symbols {

/// Symbols in memory, by address and by name: what System.map, ELF files and modules are read into.
class SymbolTable {
 public:
  /// @param module the name that every symbol carries; empty for the kernel itself
  explicit SymbolTable(std::string module = {}) : module_(std::move(module)), names_(std::make_unique<Names>()) {}

  void add(VirtualAddress address, char type, std::string_view name);
  /// To be called once, after the last add() and before any question.
  void finish();

  std::size_t size() const { return rows_.size(); }
  /// The lowest symbol so named.
  std::optional<Symbol> find(std::string_view name) const;
  /// The last symbol at or below `address`, of several at one address the first added.
  std::optional<SymbolAndOffset> at(VirtualAddress address) const;
  void for_each(const std::function<bool(const Symbol&)>& visit) const;

 private:
  struct Row {
    VirtualAddress address;
    std::size_t name = 0;  // offset in text_
    std::uint32_t length = 0;
    char type = '?';
  };
  struct Names {
    std::once_flag built;
    std::unordered_map<std::string_view, std::size_t> rows;
  };

  std::string_view name_of(const Row& row) const { return std::string_view(text_).substr(row.name, row.length); }
  Symbol symbol(const Row& row) const { return {std::string(name_of(row)), row.address, row.type, module_}; }

  std::string module_;
  std::string text_;
  std::vector<Row> rows_;
  std::unique_ptr<Names> names_;
};

}  // namespace alicia::symbols

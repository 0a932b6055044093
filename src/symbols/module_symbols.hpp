// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/symbol_source.hpp"
#include "symbols/symbol_table.hpp"

namespace alicia::symbols {

/// A part of a module's memory: text, data, read-only data …
struct ModuleRange {
  VirtualAddress begin;
  std::uint64_t size = 0;
  bool contains(VirtualAddress address) const { return address >= begin && address - begin < size; }
};

/// A module's `struct mod_kallsyms`.
struct ModuleTable {
  VirtualAddress symtab;  ///< Elf64_Sym[], or Elf32_Sym[]
  VirtualAddress strtab;
  VirtualAddress typetab;  ///< one character a symbol; 0 where the kernel has none
  std::uint64_t count = 0;
  unsigned word_bytes = 8;
  ModuleRange exports = {};  ///< of what it exports to modules of any licence: the struct kernel_symbols
};

/// The symbols of one loaded module, read from the dump when first asked for. Thread-safe.
class ModuleSymbols final : public SymbolSource {
 public:
  /// @param memory borrowed
  ModuleSymbols(const MemoryReader& memory, std::string name, ModuleTable table, std::vector<ModuleRange> ranges);

  const std::string& name() const { return name_; }
  const std::vector<ModuleRange>& ranges() const { return ranges_; }
  bool contains(VirtualAddress address) const { return range_of(address) != nullptr; }

  std::optional<Symbol> find(std::string_view name) const override;
  std::optional<SymbolAndOffset> at(VirtualAddress address) const override;
  void for_each(const std::function<bool(const Symbol&)>& visit) const override;
  /// Why the symbols could not be read. Reads them.
  Result<void> problem() const;

 private:
  const ModuleRange* range_of(VirtualAddress address) const;
  const SymbolTable& table() const;
  Result<void> load() const;

  const MemoryReader& memory_;
  std::string name_;
  ModuleTable location_;
  std::vector<ModuleRange> ranges_;
  mutable std::once_flag loaded_;
  mutable SymbolTable table_;
  mutable Result<void> problem_;
};

}  // namespace alicia::symbols

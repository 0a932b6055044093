// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "symbols/relocation.hpp"
#include "symbols/symbol_source.hpp"
#include "symbols/symbol_table.hpp"

namespace alicia::symbols {

/// The symbol table of a vmlinux, or of the file that holds its debug information.
class ElfSymbols final : public SymbolSource {
 public:
  /// Errors: cannot_open; wrong_format (no ELF file, or none with a symbol table).
  static Result<std::unique_ptr<ElfSymbols>> open(const std::filesystem::path& path, Relocation relocation);

  std::optional<Symbol> find(std::string_view name) const override { return table_.find(name); }
  std::optional<SymbolAndOffset> at(VirtualAddress address) const override;
  void for_each(const std::function<bool(const Symbol&)>& visit) const override { table_.for_each(visit); }

 private:
  ElfSymbols() = default;

  Relocation relocation_;
  SymbolTable table_;
  VirtualAddress end_;
};

/// The GNU build-id of an ELF file in hexadecimal, as VMCOREINFO's BUILD-ID has it; empty where it has none.
/// Errors: cannot_open, wrong_format.
Result<std::string> elf_build_id(const std::filesystem::path& path);

}  // namespace alicia::symbols

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "symbols/relocation.hpp"
#include "symbols/symbol_source.hpp"
#include "symbols/symbol_table.hpp"

namespace alicia::symbols {

/// A System.map file: `ffffffff81000000 T _text` lines.
class SystemMap final : public SymbolSource {
 public:
  /// Errors: cannot_open; wrong_format, with the line that isn't of that form.
  static Result<std::unique_ptr<SystemMap>> open(const std::filesystem::path& path, Relocation relocation);

  std::optional<Symbol> find(std::string_view name) const override { return table_.find(name); }
  std::optional<SymbolAndOffset> at(VirtualAddress address) const override;
  void for_each(const std::function<bool(const Symbol&)>& visit) const override { table_.for_each(visit); }

 private:
  SystemMap() = default;
  Result<void> parse(std::string_view text, const std::filesystem::path& path);

  Relocation relocation_;
  SymbolTable table_;
  VirtualAddress end_;
};

}  // namespace alicia::symbols

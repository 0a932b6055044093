// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "symbols/symbol_source.hpp"
#include "symbols/symbol_table.hpp"
#include "target/vmcoreinfo.hpp"

namespace alicia::target {

/// The few variables that VMCOREINFO names, for kernels whose kallsyms lists functions only (no KALLSYMS_ALL), and
/// for dumps that lack it.
class VmcoreinfoSymbols final : public symbols::SymbolSource {
 public:
  explicit VmcoreinfoSymbols(const Vmcoreinfo& vmcoreinfo) {
    vmcoreinfo.for_each_symbol([this](std::string_view name, VirtualAddress address) {
      // What is given for these isn't their address but their value.
      if (name != "vmemmap" && name != "mem_section") table_.add(address, 'D', name);
    });
    table_.finish();
  }

  std::optional<symbols::Symbol> find(std::string_view name) const override { return table_.find(name); }
  /// Only at a symbol itself: what lies between those few is not known.
  std::optional<symbols::SymbolAndOffset> at(VirtualAddress address) const override {
    auto found = table_.at(address);
    return found && found->offset == 0 ? std::move(found) : std::nullopt;
  }
  void for_each(const std::function<bool(const symbols::Symbol&)>& visit) const override { table_.for_each(visit); }

 private:
  symbols::SymbolTable table_;
};

}  // namespace alicia::target

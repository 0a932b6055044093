// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/memory_reader.hpp"
#include "symbols/symbol_source.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// The variables without which little can be done, found by what they hold: for kernels whose kallsyms lists functions
/// only (no KALLSYMS_ALL), as Debian's 6.1 for aarch64. Each is looked for when first asked for.
class FoundSymbols final : public symbols::SymbolSource {
 public:
  struct Area {
    VirtualAddress begin;  ///< of read-only data, or of the text before it
    VirtualAddress data;   ///< an address in the data behind it
  };
  /// @param memory borrowed @param types gives the kernel's types, which may be missing
  FoundSymbols(const MemoryReader& memory, Area area, std::function<types::TypeSystem&()> types)
      : memory_(memory), area_(area), types_(std::move(types)) {}

  /// `__start_BTF`, `__stop_BTF` and `init_task`.
  std::optional<symbols::Symbol> find(std::string_view name) const override;
  std::optional<symbols::SymbolAndOffset> at(VirtualAddress) const override { return std::nullopt; }
  void for_each(const std::function<bool(const symbols::Symbol&)>&) const override {}

 private:
  struct Range {
    VirtualAddress begin;
    VirtualAddress end;
  };
  std::optional<Range> look_for_btf() const;
  std::optional<VirtualAddress> look_for_init_task() const;

  const MemoryReader& memory_;
  Area area_;
  std::function<types::TypeSystem&()> types_;
  mutable std::once_flag btf_once_, task_once_;
  mutable std::optional<Range> btf_;
  mutable std::optional<VirtualAddress> init_task_;
};

}  // namespace alicia::target

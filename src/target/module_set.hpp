// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_reader.hpp"
#include "symbols/module_symbols.hpp"
#include "target/modules.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// The loaded modules' symbols; read when first asked for, since that takes types.
class ModuleSet {
 public:
  /// @param memory borrowed
  /// @param types gives the kernel's types when the modules are read
  /// @param head address of `modules`; nothing where the kernel has no such symbol
  ModuleSet(const MemoryReader& memory, std::function<types::TypeSystem&()> types, std::optional<VirtualAddress> head);

  const std::vector<LoadedModule>& modules() const;
  /// Why not all of them could be read.
  const std::vector<Error>& problems() const;

  /// The lowest symbol of that name.
  std::optional<symbols::Symbol> find(std::string_view name) const;
  std::optional<symbols::SymbolAndOffset> at(VirtualAddress address) const;
  void for_each(const std::function<bool(const symbols::Symbol&)>& visit) const;

 private:
  using Sources = std::vector<std::unique_ptr<symbols::ModuleSymbols>>;
  const Sources& sources() const;
  void load() const;

  const MemoryReader& memory_;
  std::function<types::TypeSystem&()> types_;
  std::optional<VirtualAddress> head_;
  mutable std::once_flag loaded_;
  mutable Listing<LoadedModule> listing_;
  mutable Sources sources_;  // by address
};

}  // namespace alicia::target

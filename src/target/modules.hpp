// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/module_symbols.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// A loaded module as its `struct module` describes it.
struct LoadedModule {
  std::string name;
  VirtualAddress address;  ///< of the struct module
  std::vector<symbols::ModuleRange> ranges;
  symbols::ModuleTable symbols;
};

/// Where a module's BTF lies.
struct ModuleBtf {
  VirtualAddress module;  ///< its struct module
  VirtualAddress data;
  std::uint64_t bytes = 0;
};

/// What could be read of a list, and why not all of it.
template <class Item>
struct Listing {
  std::vector<Item> items;
  std::vector<Error> problems;
};

/// The modules on the list `modules`, in its order. @param head address of that symbol
Listing<LoadedModule> read_modules(const MemoryReader& memory, types::TypeSystem& types, VirtualAddress head);

/// The BTF of modules, from the list `btf_modules`. @param head address of that symbol
Listing<ModuleBtf> read_module_btfs(const MemoryReader& memory, types::TypeSystem& types, VirtualAddress head);

}  // namespace alicia::target

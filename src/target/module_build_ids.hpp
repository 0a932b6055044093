// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/address.hpp"
#include "base/memory_reader.hpp"
#include "target/modules.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// What a loaded module's file was built as.
struct ModuleBuildId {
  VirtualAddress module;  ///< its struct module
  std::string build_id;   ///< in hexadecimal
};

/// The build-ids of the modules on the list `modules`; one without is left out. @param head address of that symbol
Listing<ModuleBuildId> read_module_build_ids(const MemoryReader& memory, types::TypeSystem& types, VirtualAddress head);

}  // namespace alicia::target

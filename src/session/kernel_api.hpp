// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string_view>

#include "base/address.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "types/type_system.hpp"

namespace alicia::session {

/// What the four calls of the Perl API are answered from: the engine, or a debugger.
class KernelApi {
 public:
  virtual ~KernelApi() = default;
  /// The symbol's address in this dump, modules' symbols too. Error: no_such_symbol.
  virtual Result<VirtualAddress> symbol_address(std::string_view name) = 0;
  virtual const MemoryReader& memory() = 0;
  virtual types::TypeSystem& types() = 0;
  virtual unsigned pointer_bytes() = 0;
};

}  // namespace alicia::session

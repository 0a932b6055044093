// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/error.hpp"
#include "debugger/connection.hpp"

namespace alicia::debugger {

/// The API's questions about symbols and memory, put to crash as `sym` and `rd` and read from what it prints. Nothing
/// here depends on crash's radix, its task context or its debug level. Safe to call from several threads.
class CrashQueries {
 public:
  /// `ask` has crash run a line and gives all it printed.
  explicit CrashQueries(Connection::Ask ask) : ask_(std::move(ask)) {}

  /// The kernel's symbol with the lowest address, else the modules'. Errors: no_such_symbol, and those of asking.
  Result<VirtualAddress> symbol_address(std::string_view name);

  /// Memory as the kernel's page tables show it, never remembered. Errors: unmapped, page_excluded, no_memory_there,
  /// page_unreadable, with the address of the first byte that isn't there; bad_address; those of asking.
  Result<void> read(VirtualAddress address, std::span<std::byte> out);

  /// Bytes of a pointer.
  Result<unsigned> pointer_bytes();

 private:
  enum class Unit : unsigned { byte = 1, word = 8 };

  Result<void> read_units(VirtualAddress address, Unit unit, std::span<std::byte> out);
  Error why_absent(VirtualAddress at, std::size_t wanted, std::string_view answer);
  Result<bool> is_user_address(VirtualAddress address);
  Result<bool> is_canonical(VirtualAddress address);

  Connection::Ask ask_;
  std::mutex mutex_;
  std::map<std::string, VirtualAddress, std::less<>> symbols_;
  std::optional<unsigned> pointer_bytes_;
  std::optional<unsigned> address_bits_;  // its sign among them
};

}  // namespace alicia::debugger

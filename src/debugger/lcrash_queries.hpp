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

/// The API's questions about symbols and memory, put to lcrash as `symbol`, `dump` and `sizeof` and read from what it
/// prints. Safe to call from several threads.
class LcrashQueries {
 public:
  /// `ask` has lcrash run a line and gives all it printed.
  explicit LcrashQueries(Connection::Ask ask) : ask_(std::move(ask)) {}

  /// The kernel's symbol with the lowest address, else the modules'. Errors: no_such_symbol, and those of asking.
  Result<VirtualAddress> symbol_address(std::string_view name);

  /// Memory as the kernel's page tables show it, never remembered. Errors: unmapped, page_excluded, no_memory_there,
  /// page_unreadable, with the address of the first byte that isn't there; bad_address; those of asking.
  Result<void> read(VirtualAddress address, std::span<std::byte> out);

  /// Bytes of a pointer.
  Result<unsigned> pointer_bytes();

 private:
  enum class Unit : unsigned { byte = 1, word = 4 };

  Result<void> read_units(VirtualAddress address, Unit unit, std::span<std::byte> out);

  Connection::Ask ask_;
  std::mutex mutex_;
  std::map<std::string, VirtualAddress, std::less<>> symbols_;
  std::optional<unsigned> pointer_bytes_;
};

/// The number behind `Size of "…": `, or the last one there is. Nothing where there is none.
std::optional<std::uint64_t> size_in(std::string_view answer);
/// The number that `px` prints: `0x…`, or `(nil)`.
std::optional<std::uint64_t> px_in(std::string_view answer);

}  // namespace alicia::debugger

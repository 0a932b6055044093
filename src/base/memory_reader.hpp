// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/address.hpp"
#include "base/error.hpp"

namespace alicia {

/// Virtual memory of the dumped kernel. Safe to call from several threads.
class MemoryReader {
 public:
  virtual ~MemoryReader() = default;
  /// Fills `out` with the bytes at `address`: all of them, or an error that carries the first address not readable.
  virtual Result<void> read(VirtualAddress address, std::span<std::byte> out) const = 0;
};

/// Physical memory of the dumped machine. Safe to call from several threads.
class PhysicalMemory {
 public:
  virtual ~PhysicalMemory() = default;
  /// As MemoryReader::read.
  virtual Result<void> read(PhysicalAddress address, std::span<std::byte> out) const = 0;
};

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/memory_reader.hpp"

namespace alicia::types {

/// Memory with one object's bytes read ahead: most members are a few bytes each.
class Snapshot final : public MemoryReader {
 public:
  Snapshot(const MemoryReader& memory, VirtualAddress start, std::uint64_t size);

  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override;
  /// These bytes where they were read ahead; empty for others, and for none.
  std::span<const std::byte> ahead(VirtualAddress address, std::uint64_t size) const;
  /// Whether these bytes are known to be zero; false also for what was not read ahead, and for none.
  bool is_zero(VirtualAddress address, std::uint64_t size) const;

 private:
  const MemoryReader& memory_;
  VirtualAddress start_;
  std::vector<std::byte> bytes_;
};

}  // namespace alicia::types

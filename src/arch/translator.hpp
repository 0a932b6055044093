// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "base/error.hpp"

namespace alicia::arch {

struct Translation {
  PhysicalAddress physical;
  std::uint64_t page_bytes = 0;  ///< of the mapping: 4 KiB, 2 MiB, 1 GiB
};

/// Virtual to physical, for one architecture and one set of page tables. Thread-safe.
class Translator {
 public:
  virtual ~Translator() = default;
  /// With the kernel's own page tables. Error: unmapped, or that of reading a table, with the address asked for.
  virtual Result<Translation> translate(VirtualAddress address) const = 0;
  /// With the tables whose top lies at `root` (a CR3, a task's mm->pgd made physical).
  virtual Result<Translation> translate(VirtualAddress address, PhysicalAddress root) const = 0;
};

}  // namespace alicia::arch

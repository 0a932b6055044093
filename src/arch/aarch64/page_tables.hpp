// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "arch/cached_translator.hpp"
#include "arch/table_walk.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch::aarch64 {

/// How a kernel's tables are to be read.
struct PagingMode {
  unsigned page_shift = 12;     ///< 12, 14 or 16: VMCOREINFO's PAGESIZE
  unsigned built_va_bits = 48;  ///< VMCOREINFO's VA_BITS, for which the kernel was built
  unsigned va_bits = 48;        ///< those the processor used: 64 - TCR_EL1_T1SZ
};

/// The page tables of a 64-bit ARM kernel: two to five levels, pages of 4, 16 or 64 KiB and the blocks above them.
class PageTables final : public CachedTranslator {
 public:
  /// @param memory borrowed
  /// @param root physical address of the kernel's top table (swapper_pg_dir)
  PageTables(const PhysicalMemory& memory, PhysicalAddress root, PagingMode mode);
  /// Whether `mode` is one that exists.
  static bool is_possible(const PagingMode& mode);

  using CachedTranslator::translate;
  /// @param root of a task; the kernel's addresses are looked up in the kernel's tables all the same
  Result<Translation> translate(VirtualAddress address, PhysicalAddress root) const override;

 private:
  /// Error, beyond Translator's: unmapped for an address of user space.
  Result<Translation> walk_kernel(VirtualAddress address) const override;
  Result<bool> is_kernel_address(VirtualAddress address) const;
  Result<Translation> walk(VirtualAddress address, PhysicalAddress root) const;
  TableEntry decode(std::uint64_t entry, const TableLevel& level, bool is_last) const;

  const PhysicalMemory& memory_;
  PhysicalAddress root_;
  PagingMode mode_;
  std::vector<TableLevel> levels_;
};

}  // namespace alicia::arch::aarch64

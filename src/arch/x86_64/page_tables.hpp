// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "arch/cached_translator.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch::x86_64 {

/// Where the kernel's text lies in virtual memory whatever KASLR did: __START_KERNEL_map.
inline constexpr VirtualAddress kernel_text_base{0xffffffff80000000U};

/// The physical address of a symbol of vmlinux (text or data), without page tables.
/// @param phys_base VMCOREINFO's NUMBER(phys_base); wraps around, as the kernel's own sum does
constexpr PhysicalAddress kernel_text_physical(VirtualAddress symbol, std::int64_t phys_base) {
  return PhysicalAddress{symbol.value - kernel_text_base.value + static_cast<std::uint64_t>(phys_base)};
}

/// How the dumped processor's tables are to be read.
struct PagingMode {
  bool five_levels = false;           ///< VMCOREINFO's pgtable_l5_enabled
  std::uint64_t encryption_mask = 0;  ///< VMCOREINFO's sme_mask: the bit of an entry that says `encrypted`
};

/// The page tables of a 64-bit x86 kernel: four or five levels, 4 KiB, 2 MiB and 1 GiB pages.
class PageTables final : public CachedTranslator {
 public:
  /// @param memory borrowed
  /// @param root physical address of the top table (the kernel's init_top_pgt)
  PageTables(const PhysicalMemory& memory, PhysicalAddress root, PagingMode mode);

  using CachedTranslator::translate;
  Result<Translation> translate(VirtualAddress address, PhysicalAddress root) const override;

 private:
  Result<Translation> walk_kernel(VirtualAddress address) const override { return walk(address, root_); }
  Result<Translation> walk(VirtualAddress address, PhysicalAddress root) const;

  const PhysicalMemory& memory_;
  PhysicalAddress root_;
  PagingMode mode_;
};

}  // namespace alicia::arch::x86_64

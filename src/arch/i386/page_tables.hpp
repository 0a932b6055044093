// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "arch/cached_translator.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch::i386 {

/// The page tables of a 32-bit x86 kernel: two levels of 32-bit entries, or with PAE three of 64-bit ones.
class PageTables final : public CachedTranslator {
 public:
  /// @param memory borrowed
  /// @param root physical address of the top table (the kernel's swapper_pg_dir)
  /// @param pae VMCOREINFO's CONFIG_X86_PAE
  PageTables(const PhysicalMemory& memory, PhysicalAddress root, bool pae) : memory_(memory), root_(root), pae_(pae) {}

  using CachedTranslator::translate;
  Result<Translation> translate(VirtualAddress address, PhysicalAddress root) const override;

 private:
  Result<Translation> walk_kernel(VirtualAddress address) const override { return walk(address, root_); }
  Result<Translation> walk(VirtualAddress address, PhysicalAddress root) const;

  const PhysicalMemory& memory_;
  PhysicalAddress root_;
  bool pae_;
};

}  // namespace alicia::arch::i386

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "arch/translation_cache.hpp"
#include "arch/translator.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch::i386 {

/// The page tables of a 32-bit x86 kernel: two levels of 32-bit entries, or with PAE three of 64-bit ones.
class PageTables final : public Translator {
 public:
  /// @param memory borrowed
  /// @param root physical address of the top table (the kernel's swapper_pg_dir)
  /// @param pae VMCOREINFO's CONFIG_X86_PAE
  PageTables(const PhysicalMemory& memory, PhysicalAddress root, bool pae) : memory_(memory), root_(root), pae_(pae) {}

  Result<Translation> translate(VirtualAddress address) const override;
  Result<Translation> translate(VirtualAddress address, PhysicalAddress root) const override;

 private:
  Result<Translation> walk(VirtualAddress address, PhysicalAddress root) const;

  const PhysicalMemory& memory_;
  PhysicalAddress root_;
  bool pae_;
  mutable TranslationCache cache_;
};

}  // namespace alicia::arch::i386

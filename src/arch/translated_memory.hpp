// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "arch/translator.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch {

/// Virtual memory put together from page tables and physical memory. Thread-safe if both are.
class TranslatedMemory final : public MemoryReader {
 public:
  /// Both are borrowed. `root`: the page tables to use instead of the kernel's own (a task's, for user addresses).
  TranslatedMemory(const PhysicalMemory& memory, const Translator& translator,
                   std::optional<PhysicalAddress> root = std::nullopt)
      : memory_(memory), translator_(translator), root_(root) {}

  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override;

 private:
  Result<Translation> translate(VirtualAddress address) const {
    return root_ ? translator_.translate(address, *root_) : translator_.translate(address);
  }

  const PhysicalMemory& memory_;
  const Translator& translator_;
  std::optional<PhysicalAddress> root_;
};

}  // namespace alicia::arch

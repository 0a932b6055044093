// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/memory_reader.hpp"
#include "target/vmcoreinfo.hpp"

namespace alicia::target {

/// What becomes of the pages of a dump that leaves gaps where pages were excluded or zero: the kernel's own `struct
/// page` tells which pages no filter excludes, so that these are zeros. Thread-safe once it was told where the structs
/// lie.
class GapMemory final : public PhysicalMemory {
 public:
  /// @param dump borrowed; answers everything until judge() was called
  explicit GapMemory(const PhysicalMemory& dump) : dump_(dump) {}

  /// @param memory virtual memory, borrowed, in which the structs are read; it must not read through this object
  /// @param vmemmap value of the kernel's vmemmap_base
  /// Without effect where VMCOREINFO lacks what describes a struct page.
  void judge(const MemoryReader& memory, VirtualAddress vmemmap, const Vmcoreinfo& vmcoreinfo);

  Result<void> read(PhysicalAddress address, std::span<std::byte> out) const override;

 private:
  /// VMCOREINFO's description of struct page.
  struct Layout {
    std::uint64_t size = 0;
    std::uint64_t flags = 0, mapping = 0, mapcount = 0, head = 0, order = 0;
    std::uint64_t excluded_flags = 0;  // page cache, swap cache, poisoned
    std::uint32_t buddy = 0;           // of _mapcount
    std::optional<std::uint32_t> huge, offline;
    std::optional<std::uint64_t> destructor;
    std::uint8_t huge_destructor = 0;
  };
  struct Structs {
    const MemoryReader* memory;
    VirtualAddress base;
    Layout layout;
  };
  static std::optional<Layout> layout_from(const Vmcoreinfo& vmcoreinfo);

  std::optional<std::array<std::byte, 64>> struct_page(std::uint64_t frame) const;
  bool is_free(std::uint64_t frame) const;
  /// Whether the page is one that no dump level leaves out. False also where that cannot be told.
  bool is_kept(std::uint64_t frame) const;

  const PhysicalMemory& dump_;
  std::optional<Structs> structs_;
};

}  // namespace alicia::target

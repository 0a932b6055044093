// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "arch/translator.hpp"

namespace alicia::target {

/// An x86_64 kernel's page tables, and what to do where a page of them is missing in the dump: the kernel's image and
/// its map of all memory lie in a row, so that addresses in them need no tables. Others give the tables' own error.
class LinearFallback final : public arch::Translator {
 public:
  /// Whose tables the kernel's addresses are looked up in.
  enum class Tables : std::uint8_t { kernels, anothers, none };

  /// @param phys_base distance between where the image lies and where it was linked to lie
  /// @param memory_end physical address behind the last byte of memory
  /// @param lost what is wrong with the kernel's own tables; nothing where they are whole as far as is known
  LinearFallback(std::unique_ptr<arch::Translator> tables, std::int64_t phys_base, PhysicalAddress memory_end,
                 Tables use, std::optional<Error> lost)
      : tables_(std::move(tables)), phys_base_(phys_base), memory_end_(memory_end), use_(use), lost_(std::move(lost)) {}

  const std::optional<Error>& lost() const { return lost_; }

  /// Where the map of all memory begins: the value of page_offset_base.
  void know_direct_map(VirtualAddress base) { direct_map_ = base.value; }
  /// Whether an address had to be translated without tables.
  bool was_needed() const { return needed_; }

  Result<arch::Translation> translate(VirtualAddress address) const override;
  Result<arch::Translation> translate(VirtualAddress address, PhysicalAddress root) const override {
    return tables_->translate(address, root);
  }

 private:
  Result<arch::Translation> look_up(VirtualAddress address) const;

  std::unique_ptr<arch::Translator> tables_;
  std::int64_t phys_base_;
  PhysicalAddress memory_end_;
  Tables use_;
  std::optional<Error> lost_;
  std::atomic<std::uint64_t> direct_map_ = 0;
  mutable std::atomic<bool> needed_ = false;
};

}  // namespace alicia::target

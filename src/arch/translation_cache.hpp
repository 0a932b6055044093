// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>

#include "arch/translator.hpp"

namespace alicia::arch {

/// A software TLB that any number of threads may read and fill without a lock.
///
/// Each slot is two plain 64-bit atomics: `value`, the page's physical address with the mapping's size in its low bits,
/// and `check`, a hash of the virtual page XOR `value`. A reader that catches a slot between the two stores, or with
/// the halves of two writers, finds `check ^ value` not to be the hash of its page, and counts that as a miss. So no
/// ordering between the two is needed, and a hit costs two loads and a multiplication.
class TranslationCache {
 public:
  TranslationCache() : slots_(std::make_unique<Slots>()) {}

  /// The translation of `address` itself (not of its page), if it is remembered.
  std::optional<Translation> find(VirtualAddress address) const {
    const std::uint64_t hash = hash_of(address);
    const Slot& slot = (*slots_)[hash >> (64 - index_bits)];
    const std::uint64_t value = slot.value.load(std::memory_order_relaxed);
    if ((slot.check.load(std::memory_order_relaxed) ^ value) != hash || value == 0) return std::nullopt;
    return Translation{PhysicalAddress{(value & ~page_mask) | (address.value & page_mask)},
                       std::uint64_t{1} << (value & page_mask)};
  }

  void insert(VirtualAddress address, const Translation& translation) {
    const auto shift = static_cast<unsigned>(std::countr_zero(translation.page_bytes));
    if (shift < page_shift || shift > 63) return;
    const std::uint64_t value = (translation.physical.value & ~page_mask) | shift;
    const std::uint64_t hash = hash_of(address);
    Slot& slot = (*slots_)[hash >> (64 - index_bits)];
    slot.value.store(value, std::memory_order_relaxed);
    slot.check.store(hash ^ value, std::memory_order_relaxed);
  }

 private:
  static constexpr unsigned page_shift = 12;
  static constexpr std::uint64_t page_mask = (std::uint64_t{1} << page_shift) - 1;
  static constexpr unsigned index_bits = 11;

  struct Slot {
    std::atomic<std::uint64_t> check{0};
    std::atomic<std::uint64_t> value{0};  // never 0 once filled: the shift is at least page_shift
  };
  using Slots = std::array<Slot, std::size_t{1} << index_bits>;

  // Multiplying by an odd number maps pages to hashes one to one; without it the direct map, where virtual and physical
  // addresses differ by a constant, would make two halves of different slots fit together.
  static std::uint64_t hash_of(VirtualAddress address) { return (address.value >> page_shift) * 0x9e3779b97f4a7c15U; }

  std::unique_ptr<Slots> slots_;
};

}  // namespace alicia::arch

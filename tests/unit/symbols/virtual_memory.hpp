// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstring>
#include <set>
#include <vector>

#include "base/bytes.hpp"
#include "base/memory_reader.hpp"

namespace alicia::test {

/// One region of virtual memory that a test lays out, with pages that can be taken out of it.
class VirtualMemory final : public MemoryReader {
 public:
  explicit VirtualMemory(VirtualAddress base) : base_(base) {}

  VirtualAddress end() const { return base_ + bytes_.size(); }
  void align(std::size_t alignment) { bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment); }
  VirtualAddress append(std::span<const std::byte> bytes) {
    const VirtualAddress at = end();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return at;
  }
  template <class T>
  VirtualAddress append_value(T value) {
    return append(std::as_bytes(std::span(&value, 1)));
  }
  template <class T>
  void overwrite(VirtualAddress at, T value) {
    std::memcpy(bytes_.data() + (at - base_), &value, sizeof value);
  }
  void exclude_page(VirtualAddress address) { excluded_.insert(address.value >> 12); }

  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    for (std::uint64_t page = address.value >> 12; page <= (address.value + out.size() - 1) >> 12; ++page)
      if (excluded_.contains(page)) return failure(ErrorCode::page_excluded, "page excluded from the dump", page << 12);
    if (address < base_ || !fits(address - base_, out.size(), bytes_.size()))
      return failure(ErrorCode::unmapped, "not mapped", address.value);
    std::memcpy(out.data(), bytes_.data() + (address - base_), out.size());
    return {};
  }

 private:
  VirtualAddress base_;
  std::vector<std::byte> bytes_;
  std::set<std::uint64_t> excluded_;
};

}  // namespace alicia::test

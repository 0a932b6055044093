// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstring>
#include <span>

#include "base/bytes.hpp"
#include "base/memory_reader.hpp"

namespace alicia::fuzz {

/// A fuzzer's input as the only memory there is, from `base` on.
class InputMemory final : public MemoryReader {
 public:
  InputMemory(VirtualAddress base, std::span<const std::byte> bytes) : base_(base), bytes_(bytes) {}
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    if (address < base_ || !fits(address - base_, out.size(), bytes_.size()))
      return failure(ErrorCode::page_excluded, "beyond the input", address.value);
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + (address - base_), out.size());
    return {};
  }

 private:
  VirtualAddress base_;
  std::span<const std::byte> bytes_;
};

}  // namespace alicia::fuzz

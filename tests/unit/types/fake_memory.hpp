// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string_view>

#include "base/memory_reader.hpp"

namespace alicia::types {

/// Memory that a test writes byte by byte; what was not written is unmapped.
class FakeMemory final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    for (std::size_t at = 0; at < out.size(); ++at) {
      const auto byte = bytes_.find(address.value + at);
      if (byte == bytes_.end()) {
        return failure(ErrorCode::unmapped, fmt::format("nothing at {:#x}", address.value + at), address.value + at);
      }
      out[at] = byte->second;
    }
    return {};
  }

  template <class T>
  void put(std::uint64_t address, T value) {
    std::array<std::byte, sizeof value> bytes{};
    std::memcpy(bytes.data(), &value, sizeof value);
    put_bytes(address, bytes);
  }
  void put_text(std::uint64_t address, std::string_view text) { put_bytes(address, std::as_bytes(std::span(text))); }
  void fill(std::uint64_t address, std::size_t length) {
    for (std::size_t at = 0; at < length; ++at)
      bytes_[address + at] = std::byte{0};
  }

 private:
  void put_bytes(std::uint64_t address, std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at)
      bytes_[address + at] = bytes[at];
  }
  std::map<std::uint64_t, std::byte> bytes_;
};

}  // namespace alicia::types

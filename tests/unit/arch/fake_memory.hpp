// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>

#include "base/memory_reader.hpp"

namespace alicia::test {

/// Physical memory of pages written by the test; what was never written is `no_memory_there`, what was excluded says
/// so.
class FakeMemory final : public PhysicalMemory {
 public:
  void write(PhysicalAddress address, std::uint64_t value) {
    std::memcpy(pages_[address.value >> 12].data() + (address.value & 4095), &value, sizeof value);
  }
  void exclude(PhysicalAddress address) { excluded_.insert(address.value >> 12); }

  Result<void> read(PhysicalAddress address, std::span<std::byte> out) const override {
    for (std::size_t done = 0; done < out.size();) {
      const PhysicalAddress here = address + done;
      const std::uint64_t offset = here.value & 4095;
      if (excluded_.contains(here.value >> 12)) return failure(ErrorCode::page_excluded, "excluded", here.value);
      const auto page = pages_.find(here.value >> 12);
      if (page == pages_.end()) return failure(ErrorCode::no_memory_there, "nothing there", here.value);
      const std::size_t length = std::min<std::size_t>(4096 - offset, out.size() - done);
      std::memcpy(out.data() + done, page->second.data() + offset, length);
      done += length;
    }
    return {};
  }

 private:
  std::map<std::uint64_t, std::array<std::byte, 4096>> pages_;
  std::set<std::uint64_t> excluded_;
};

}  // namespace alicia::test

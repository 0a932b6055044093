// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace alicia::test {

/// A copy of a kdump file from which pages are taken as a filter would have: their bits in the bitmap of dumped pages
/// cleared, their descriptors closed up.
class HoledDump {
 public:
  explicit HoledDump(const std::filesystem::path& whole)
      : copy_(std::filesystem::temp_directory_path() / ("alicia-holes-" + std::to_string(getpid()))) {
    std::filesystem::copy_file(whole, copy_, std::filesystem::copy_options::overwrite_existing);
    std::ifstream file(whole, std::ios::binary);
    head_.resize(4096);
    file.read(head_.data(), 4096);
    const auto block = number(428), sub = number(432), bitmap = number(436);
    bits_ = block * (1 + sub) + bitmap * block / 2;
    descriptors_ = block * (1 + sub + bitmap);
    const auto pages = number(440);
    head_.resize(descriptors_);
    file.seekg(0);
    file.read(head_.data(), static_cast<std::streamsize>(head_.size()));
    std::uint64_t dumped = 0;
    for (std::uint64_t frame = 0; frame < pages; ++frame)
      dumped += has(frame) ? 1U : 0U;
    head_.resize(descriptors_ + dumped * descriptor_bytes);
    file.seekg(0);
    file.read(head_.data(), static_cast<std::streamsize>(head_.size()));
    if (!file) throw std::runtime_error("cannot read " + whole.string());
  }
  ~HoledDump() {
    std::error_code unimportant;
    std::filesystem::remove(copy_, unimportant);
  }
  HoledDump(const HoledDump&) = delete;
  HoledDump& operator=(const HoledDump&) = delete;

  const std::filesystem::path& path() const { return copy_; }

  /// Makes the copy lack these pages, and no others. False where the dump doesn't have one of them anyway.
  bool take_out(const std::set<std::uint64_t>& frames) {
    std::vector<char> patched = head_;
    std::vector<std::uint64_t> ranks;
    for (const std::uint64_t frame : frames) {
      if (!has(frame)) return false;
      ranks.push_back(rank(frame));
      patched[bits_ + frame / 8] =
          static_cast<char>(static_cast<unsigned char>(patched[bits_ + frame / 8]) & ~(1U << (frame % 8)));
    }
    for (auto taken = ranks.rbegin(); taken != ranks.rend(); ++taken) {
      const auto at = patched.begin() + static_cast<std::ptrdiff_t>(descriptors_ + *taken * descriptor_bytes);
      std::copy(at + descriptor_bytes, patched.end(), at);
    }
    std::fstream file(copy_, std::ios::in | std::ios::out | std::ios::binary);
    file.write(patched.data(), static_cast<std::streamsize>(patched.size()));
    return file.good();
  }

 private:
  static constexpr std::ptrdiff_t descriptor_bytes = 24;

  std::uint64_t number(std::size_t at) const {
    std::uint32_t value = 0;
    std::memcpy(&value, head_.data() + at, sizeof value);
    return value;
  }
  bool has(std::uint64_t frame) const {
    return ((static_cast<unsigned>(static_cast<unsigned char>(head_[bits_ + frame / 8])) >> (frame % 8)) & 1U) != 0;
  }
  std::uint64_t rank(std::uint64_t frame) const {
    std::uint64_t before = 0;
    for (std::uint64_t each = 0; each < frame; ++each)
      before += has(each) ? 1U : 0U;
    return before;
  }

  std::filesystem::path copy_;
  std::vector<char> head_;  // all before the pages' data
  std::uint64_t bits_ = 0;
  std::uint64_t descriptors_ = 0;
};

}  // namespace alicia::test

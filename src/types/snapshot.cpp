// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/snapshot.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"

namespace alicia::types {
namespace {

constexpr std::uint64_t largest_snapshot = 1U << 20U;

}  // namespace

Snapshot::Snapshot(const MemoryReader& memory, VirtualAddress start, std::uint64_t size)
    : memory_(memory), start_(start) {
  bytes_.resize(static_cast<std::size_t>(std::min(size, largest_snapshot)));
  if (!memory_.read(start_, bytes_)) bytes_.clear();
}

std::span<const std::byte> Snapshot::ahead(VirtualAddress address, std::uint64_t size) const {
  const std::uint64_t offset = address - start_;
  if (size == 0 || !fits(offset, size, bytes_.size())) return {};
  return std::span(bytes_).subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

Result<void> Snapshot::read(VirtualAddress address, std::span<std::byte> out) const {
  const auto part = ahead(address, out.size());
  if (part.empty()) return memory_.read(address, out);
  std::memcpy(out.data(), part.data(), part.size());
  return {};
}

bool Snapshot::is_zero(VirtualAddress address, std::uint64_t size) const {
  const auto part = ahead(address, size);
  if (part.empty() || part.front() != std::byte{0}) return false;
  // All are the first one's equals if each is its neighbour's.
  return std::memcmp(part.data(), part.data() + 1, part.size() - 1) == 0;
}

}  // namespace alicia::types

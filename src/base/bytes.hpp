// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace alicia {

// Every format and kernel read so far is little-endian, as is every host Alicia is built for.
static_assert(std::endian::native == std::endian::little);

/// The value of type T at `offset`; the caller has checked that it lies within `bytes`.
template <class T>
requires std::is_trivially_copyable_v<T> T load(std::span<const std::byte> bytes, std::size_t offset = 0) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// True if [offset, offset + length) lies within `size`, whatever the numbers are.
constexpr bool fits(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace alicia

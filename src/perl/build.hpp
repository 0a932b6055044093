// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "perl/edge.hpp"

namespace alicia::perl {

/// What XSUBs build their answers of. The caller owns what they return.
inline SV* new_text(pTHX_ std::string_view text) {
  return newSVpvn(text.data(), text.size());
}
inline SV* reference_to(pTHX_ HV* hash) {
  return newRV_noinc(reinterpret_cast<SV*>(hash));
}
inline SV* reference_to(pTHX_ AV* array) {
  return newRV_noinc(reinterpret_cast<SV*>(array));
}
/// Stores under a key; the hash owns `value`.
inline void put(pTHX_ HV* hash, std::string_view key, SV* value) {
  (void)hv_store(hash, key.data(), static_cast<I32>(key.size()), value, 0);
}

/// Numbers that `pack 'L*'` made one text of.
inline std::vector<std::size_t> packed_places(const Text& packed) {
  const auto bytes = std::as_bytes(std::span(packed.bytes, packed.length));
  std::vector<std::size_t> places;
  for (std::size_t at = 0; fits(at, 4, bytes.size()); at += 4)
    places.push_back(load<std::uint32_t>(bytes, at));
  return places;
}

}  // namespace alicia::perl

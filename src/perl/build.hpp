// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

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

}  // namespace alicia::perl

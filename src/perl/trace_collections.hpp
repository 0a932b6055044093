// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Collections of events as XSUBs are given them: by number. Include before perl's headers.

#include <fmt/format.h>

#include "base/error.hpp"
#include "perl/state.hpp"

namespace alicia::perl {

constexpr std::uint64_t kMostCollections = 4096;
constexpr std::uint64_t kMostEvents = std::uint64_t{1} << 40U;

inline Result<trace::Collection*> collection(State& state, std::uint64_t number) {
  if (number >= state.collections.size() || !state.collections[number])
    return failure(ErrorCode::bad_argument, fmt::format("no collection of events {}", number));
  return state.collections[number].get();
}

}  // namespace alicia::perl

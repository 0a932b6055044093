// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

// How far a search through all of physical memory goes.
namespace alicia::target {

inline constexpr std::uint64_t most_pages = 100'000;       ///< read, at some 30 µs each
inline constexpr std::uint64_t most_frames = 1ULL << 24U;  ///< asked for

}  // namespace alicia::target

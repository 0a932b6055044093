// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// Bounds to what a dump's tracing may claim, and how often work on it looks whether it is to end.
namespace alicia::trace {

inline constexpr std::size_t kPoll = 65536;  ///< events between two looks at the cancellation
inline constexpr unsigned kMostCpus = 8192;
inline constexpr std::size_t kMostRecord = std::size_t{1} << 20U;  ///< bytes of an event
inline constexpr std::size_t kMostName = 256;
inline constexpr std::size_t kMostString = 4096;    ///< bytes of a text that an event points to
inline constexpr std::size_t kMostStrings = 65536;  ///< that events point to

}  // namespace alicia::trace

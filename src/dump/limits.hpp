// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// What holds for dumps of every format.
namespace alicia::dump {

/// A field of struct new_utsname.
inline constexpr std::size_t kUtsField = 65;
/// 2^52 bytes is the most physical memory an architecture has; in pages of 4 KiB.
inline constexpr std::uint64_t kPossibleFrames = std::uint64_t{1} << 40;

}  // namespace alicia::dump

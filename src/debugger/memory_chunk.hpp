// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace alicia::debugger {

/// The most memory that a debugger is asked to print at once: some 220 kB of text from crash, 180 kB from lcrash.
inline constexpr std::size_t chunk_bytes = 65536;

}  // namespace alicia::debugger

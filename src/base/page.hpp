// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace alicia {

/// A page of x86, and of any kernel read so far, or a divisor of its page size: memory is absent in units of this.
inline constexpr std::uint64_t page_bytes = 4096;

}  // namespace alicia

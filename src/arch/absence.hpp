// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace alicia::arch {

/// Why memory is not there, as messages end: `page excluded from the dump`. Empty for codes that say no such thing.
std::string_view absence_reason(ErrorCode code);

}  // namespace alicia::arch

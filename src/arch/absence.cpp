// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/absence.hpp"

namespace alicia::arch {

std::string_view absence_reason(ErrorCode code) {
  switch (code) {
    case ErrorCode::page_excluded: return "page excluded from the dump";
    case ErrorCode::page_truncated: return "page beyond the end of the truncated file";
    case ErrorCode::page_unreadable: return "page damaged";
    case ErrorCode::absent_or_zero: return "page excluded from the dump or zero";
    case ErrorCode::no_memory_there: return "no memory at its physical address";
    default: return {};
  }
}

}  // namespace alicia::arch

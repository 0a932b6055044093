// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/dump.hpp"

namespace alicia::dump {

std::string_view architecture_name(Architecture architecture) {
  switch (architecture) {
    case Architecture::unknown: return "unknown";
    case Architecture::x86_64: return "x86_64";
    case Architecture::i386: return "i386";
    case Architecture::aarch64: return "aarch64";
  }
  return "unknown";
}

std::string_view absence_reason(ErrorCode code) {
  switch (code) {
    case ErrorCode::page_excluded: return "page excluded from the dump";
    case ErrorCode::page_truncated: return "page lies beyond the end of the file";
    case ErrorCode::page_unreadable: return "page is damaged";
    case ErrorCode::absent_or_zero: return "page left out of the dump or zero";
    case ErrorCode::no_memory_there: return "no memory at this physical address";
    default: return {};
  }
}

}  // namespace alicia::dump

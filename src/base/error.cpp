// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.hpp"

namespace alicia {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::no_such_symbol: return "no_such_symbol";
    case ErrorCode::no_such_type: return "no_such_type";
    case ErrorCode::no_such_member: return "no_such_member";
    case ErrorCode::type_mismatch: return "type_mismatch";
    case ErrorCode::unmapped: return "unmapped";
    case ErrorCode::page_excluded: return "page_excluded";
    case ErrorCode::page_truncated: return "page_truncated";
    case ErrorCode::page_unreadable: return "page_unreadable";
    case ErrorCode::absent_or_zero: return "absent_or_zero";
    case ErrorCode::no_memory_there: return "no_memory_there";
    case ErrorCode::bad_address: return "bad_address";
    case ErrorCode::bad_argument: return "bad_argument";
    case ErrorCode::too_long: return "too_long";
    case ErrorCode::not_supported: return "not_supported";
    case ErrorCode::interrupted: return "interrupted";
    case ErrorCode::cannot_open: return "cannot_open";
    case ErrorCode::wrong_format: return "wrong_format";
    case ErrorCode::wrong_architecture: return "wrong_architecture";
    case ErrorCode::truncated_file: return "truncated_file";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::debugger_missing: return "debugger_missing";
    case ErrorCode::debugger_refused: return "debugger_refused";
    case ErrorCode::debugger_died: return "debugger_died";
    case ErrorCode::debugger_error: return "debugger_error";
    case ErrorCode::no_such_command: return "no_such_command";
    case ErrorCode::script_error: return "script_error";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
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

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace alicia {

/// Why something could not be done. `error_code_name` gives the word scripts compare with (`$@->code eq
/// 'page_excluded'`).
enum class ErrorCode : std::uint8_t {
  no_such_symbol,
  no_such_type,
  no_such_member,
  type_mismatch,
  unmapped,         ///< no translation for the virtual address
  page_excluded,    ///< the dump's filter left the page out
  page_truncated,   ///< the page lies beyond the end of the file
  page_unreadable,  ///< the page is there and damaged
  absent_or_zero,   ///< an ELF gap: left out or zeros, undecidable
  no_memory_there,  ///< the machine had no memory at this physical address
  bad_address,
  bad_argument,
  too_long,  ///< a line beyond what the debugger takes
  not_supported,
  interrupted,
  cannot_open,
  wrong_format,  ///< the file is something else
  wrong_architecture,
  truncated_file,
  corrupt,  ///< a table or structure contradicts itself
  debugger_missing,
  debugger_refused,  ///< the debugger ended before its first command
  debugger_died,
  debugger_error,  ///< the debugger's own error line
  no_such_command,
  script_error,
  internal,
};

std::string_view error_code_name(ErrorCode code);
/// What an absence code means, for messages: `page excluded from the dump`. Empty for other codes.
std::string_view absence_reason(ErrorCode code);

/// A failure as a value: lower case, no full stop, what and where.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::optional<std::uint64_t> address;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Shorthand for returning a failure from a function that returns a Result.
inline tl::unexpected<Error> failure(ErrorCode code, std::string message,
                                     std::optional<std::uint64_t> address = std::nullopt) {
  return tl::unexpected<Error>(Error{code, std::move(message), address});
}

/// Hands on the failure of another Result.
template <class T>
tl::unexpected<Error> failure(Result<T>&& result) {
  return tl::unexpected<Error>(std::move(result).error());
}
template <class T>
tl::unexpected<Error> failure(const Result<T>& result) {
  return tl::unexpected<Error>(result.error());
}

}  // namespace alicia

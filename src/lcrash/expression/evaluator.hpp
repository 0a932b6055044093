// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "lcrash/expression/operand.hpp"

namespace alicia::lcrash {

/// Evaluates a C expression over a kernel's symbols: casts with or without `struct`, `* & . -> []`, sizeof, arithmetic,
/// comparison and logic, no assignment and no call. Errors: bad_argument (syntax), no_such_symbol, no_such_type,
/// no_such_member, type_mismatch, not_supported, those of reading.
Result<Operand> evaluate(const Scope& scope, std::string_view text);

}  // namespace alicia::lcrash

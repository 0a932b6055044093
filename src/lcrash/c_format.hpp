// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "base/cancellation.hpp"
#include "lcrash/expression/operand.hpp"

namespace alicia::lcrash {

enum class Radix : std::uint8_t { decimal, hexadecimal, octal };

/// A value as lcrash prints it: `struct x {`, a member a line, `name = value`; pointers `0x…` or `(nil)`, text in
/// quotes, enumerations `(LABEL=3)`. No newline at its end. What cannot be read within a struct is `<error: …>` there.
/// Errors: those of reading, where not even the first byte is there; type_mismatch (void); interrupted.
Result<std::string> format_operand(const Scope& scope, const Operand& operand, Radix radix,
                                   const Cancellation& cancellation);

}  // namespace alicia::lcrash

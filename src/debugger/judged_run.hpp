// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string_view>

#include "base/output.hpp"
#include "debugger/connection.hpp"

namespace alicia::debugger {

/// Runs a line, what it prints going to `output` as it comes. Errors: those of asking; debugger_error where `is_error`
/// takes all that came for one.
Result<void> judged_run(Connection& connection, std::string_view line, Output& output,
                        const std::function<bool(std::string_view)>& is_error);

}  // namespace alicia::debugger

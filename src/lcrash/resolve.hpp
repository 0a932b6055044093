// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "lcrash/context.hpp"
#include "lcrash/expression/operand.hpp"

namespace alicia::lcrash {

/// The dump as expressions see it.
Scope scope_of(target::Target& target);

/// What a command takes for an address: a number, a symbol, whose address is meant, or an expression, whose value is
/// (of a struct, an array or a function its address). Errors: those of evaluate().
Result<VirtualAddress> resolve_address(target::Target& target, std::string_view text);
/// The same, for a number of things.
Result<std::uint64_t> resolve_count(std::string_view text, std::uint64_t most);

/// The kernel's pages, in bytes: a dump may be divided into others.
std::uint64_t page_size(const target::Target& target);

/// A task as the user names it: the address of its task_struct, `#PID`, or a PID in decimal.
Result<VirtualAddress> resolve_task(target::Target& target, std::string_view text);

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "lcrash/context.hpp"
#include "lcrash/traces.hpp"

// What commands and the report both show.
namespace alicia::lcrash {

/// The table of tasks, with how many there are. A task that cannot be read has its error in its line.
void show_tasks(Context& context, const std::vector<VirtualAddress>& tasks);
/// `STACK TRACE FOR TASK: 0x… (name)` and its lines. Errors: those of reading the task.
Result<void> show_trace(Context& context, const Traces& traces, VirtualAddress task);
Result<void> show_trace_lines(Context& context, const Traces& traces, VirtualAddress task, const Trace& trace);
/// The six lines of utsname. Errors: those of reading it.
Result<void> show_utsname(Context& context);
/// The kernel's log.
Result<void> show_log(Context& context);
void show_rule(Context& context);

}  // namespace alicia::lcrash

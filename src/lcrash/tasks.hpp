// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "lcrash/record.hpp"

namespace alicia::lcrash {

/// The addresses of all task_structs: init_task's, then the others as the kernel's list has them, each process followed
/// by its threads; and why not all could be found.
struct TaskList {
  std::vector<VirtualAddress> tasks;
  std::optional<Error> broken;
};
Result<TaskList> list_tasks(target::Target& target, const Cancellation& cancellation);

/// The task that a processor ran.
Result<VirtualAddress> running_task(target::Target& target, unsigned cpu);
/// The task on the processor that the kernel stopped on.
Result<VirtualAddress> failing_task(target::Target& target);
/// Its name, fit for a terminal; what is wrong, where it cannot be read.
std::string task_name(target::Target& target, VirtualAddress task);

}  // namespace alicia::lcrash

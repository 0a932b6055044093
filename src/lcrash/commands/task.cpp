// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/tasks.hpp"

#include "lcrash/commands/commands.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/sections.hpp"
#include "lcrash/show_struct.hpp"

namespace alicia::lcrash {

Result<void> run_task(Context& context, const Arguments& arguments) {
  std::vector<VirtualAddress> tasks;
  for (const std::string& word : arguments.words) {
    const auto task = resolve_task(context.target(), word);
    if (task)
      tasks.push_back(*task);
    else
      context.complain(task.error());
  }
  if (arguments.words.empty()) {
    auto list = list_tasks(context.target(), context.cancellation());
    if (!list) return failure(std::move(list));
    tasks = std::move(list->tasks);
    if (list->broken) context.complain(*list->broken);
  }
  if (tasks.empty()) return {};
  show_tasks(context, tasks);
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  if (!arguments.has('f')) return {};
  for (const VirtualAddress task : tasks)
    if (auto shown = show_struct(context, "struct task_struct", task, Radix::decimal); !shown) return shown;
  return {};
}

Result<void> run_deftask(Context& context, const Arguments& arguments) {
  if (arguments.words.size() > 1) return usage("deftask");
  auto& chosen = context.state().default_task;
  if (!arguments.words.empty()) {
    const auto task = resolve_task(context.target(), arguments.words[0]);
    if (!task) return failure(task);
    const auto record = Record::at(context.target(), "struct task_struct", *task);
    if (!record) return failure(record);
    if (const auto pid = record->number({"pid"}); !pid) return failure(pid);
    chosen = *task;
  }
  if (chosen)
    context.print("Default task is 0x{:x} ({})\n", chosen->value, task_name(context.target(), *chosen));
  else
    context.write("No default task set\n");
  return {};
}

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "lcrash/commands/commands.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/sections.hpp"
#include "lcrash/tasks.hpp"

namespace alicia::lcrash {
namespace {

/// Those named; else the default task; else the one that failed.
Result<std::vector<VirtualAddress>> chosen_tasks(Context& context, const Arguments& arguments) {
  std::vector<VirtualAddress> tasks;
  if (arguments.has('a')) {
    auto list = list_tasks(context.target(), context.cancellation());
    if (!list) return failure(std::move(list));
    if (list->broken) context.complain(*list->broken);
    return std::move(list->tasks);
  }
  for (const std::string& word : arguments.words) {
    const auto task = resolve_task(context.target(), word);
    if (task)
      tasks.push_back(*task);
    else
      context.complain(task.error());
  }
  if (!arguments.words.empty()) return tasks;
  if (context.state().default_task) return std::vector{*context.state().default_task};
  const auto failing = failing_task(context.target());
  if (!failing) return failure(failing);
  return std::vector{*failing};
}

template <class Show>
Result<void> for_tasks(Context& context, const Arguments& arguments, const Show& show) {
  const auto tasks = chosen_tasks(context, arguments);
  if (!tasks) return failure(tasks);
  for (const VirtualAddress task : *tasks) {
    if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
    if (context.should_stop()) break;
    if (auto shown = show(task); !shown) context.complain(shown.error());
  }
  return {};
}

}  // namespace

Result<void> run_trace(Context& context, const Arguments& arguments) {
  const Traces traces(context.target());
  return for_tasks(context, arguments, [&](VirtualAddress task) { return show_trace(context, traces, task); });
}

Result<void> run_mktrace(Context& context, const Arguments& arguments) {
  if (arguments.words.size() < 2 || arguments.words.size() > 4) return usage("mktrace");
  std::array<VirtualAddress, 3> from{};  // pc, sp, fp
  for (std::size_t i = 0; i < std::min<std::size_t>(arguments.words.size(), from.size()); ++i) {
    const auto address = resolve_address(context.target(), arguments.words[i]);
    if (!address) return failure(address);
    from[i] = *address;
  }
  const auto [pc, sp, fp] = from;
  const Traces traces(context.target());
  const auto task = arguments.words.size() == 4 ? resolve_task(context.target(), arguments.words[3])
                                                : traces.task_with_stack(sp, context.cancellation());
  if (!task) return failure(task);
  const auto trace = traces.from(*task, pc, sp, fp);
  if (!trace) return failure(trace);
  return show_trace_lines(context, traces, *task, *trace);
}

Result<void> run_strace(Context& context, const Arguments& arguments) {
  const Traces traces(context.target());
  return for_tasks(context, arguments, [&](VirtualAddress task) -> Result<void> {
    const auto trace = traces.code_on_stack(task);
    if (!trace) return failure(trace);
    show_rule(context);
    context.print("CODE ON THE STACK OF TASK: 0x{:x} ({})\n\n", task.value, task_name(context.target(), task));
    for (const TraceLine& line : trace->lines)
      context.print("{}: {} [0x{:x}]\n", context.address(line.slot), traces.name(line), line.pc.value);
    if (!trace->problem.empty()) context.print("TRACE ERROR: {}\n", trace->problem);
    show_rule(context);
    return {};
  });
}

}  // namespace alicia::lcrash

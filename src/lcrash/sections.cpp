// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/sections.hpp"

#include <fmt/format.h>

#include "base/escape.hpp"
#include "lcrash/kernel_log.hpp"
#include "lcrash/record.hpp"
#include "lcrash/tasks.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::size_t kRuleColumns = 64;

/// The members of a task that the table shows.
struct TaskRow {
  std::uint64_t uid = 0, pid = 0, parent = 0, state = 0, flags = 0, cpu = 0;
  std::string name;
};

Result<TaskRow> read_task(target::Target& target, VirtualAddress task) {
  const auto record = Record::at(target, "struct task_struct", task);
  if (!record) return failure(record);
  TaskRow row;
  struct Wanted {
    std::uint64_t* value;
    std::initializer_list<std::string_view> paths;
  };
  for (const Wanted& each : {Wanted{&row.pid, {"pid"}}, Wanted{&row.state, {"__state", "state"}},
                             Wanted{&row.flags, {"flags"}}, Wanted{&row.uid, {"cred->uid.val", "cred->uid", "uid"}},
                             Wanted{&row.parent, {"real_parent->tgid", "parent->pid", "p_pptr->pid"}}}) {
    const auto value = record->number(each.paths);
    if (!value) return failure(value);
    *each.value = *value;
  }
  row.cpu = record->number({"thread_info.cpu", "cpu", "processor"}).value_or(0);
  const auto name = record->text("comm");
  if (!name) return failure(name);
  row.name = visible(*name);
  return row;
}

}  // namespace

void show_rule(Context& context) {
  context.write(std::string(kRuleColumns, '=') + "\n");
}

void show_tasks(Context& context, const std::vector<VirtualAddress>& tasks) {
  const unsigned width = context.address_width();
  context.print("{:<{}} {:>5} {:>7} {:>7} {:>6} {:>10} {:>3} {}\n", "ADDR", width, "UID", "PID", "PPID", "STATE",
                "FLAGS", "CPU", "NAME");
  show_rule(context);
  std::size_t shown = 0;
  for (const VirtualAddress task : tasks) {
    if (context.should_stop()) return;
    const auto row = read_task(context.target(), task);
    if (!row) {
      context.print("{} <{}>\n", context.address(task), visible(row.error().message));
      continue;
    }
    ++shown;
    context.print("{} {:>5} {:>7} {:>7} {:>#6x} {:>#10x} {:>3} {}\n", context.address(task), row->uid, row->pid,
                  row->parent, row->state, row->flags, row->cpu, row->name);
  }
  show_rule(context);
  context.print("{} active task struct{} found\n", shown, shown == 1 ? "" : "s");
}

Result<void> show_trace(Context& context, const Traces& traces, VirtualAddress task) {
  const auto trace = traces.of(task);
  if (!trace) return failure(trace);
  return show_trace_lines(context, traces, task, *trace);
}

Result<void> show_trace_lines(Context& context, const Traces& traces, VirtualAddress task, const Trace& trace) {
  show_rule(context);
  context.print("STACK TRACE FOR TASK: 0x{:x} ({})\n\n", task.value, task_name(context.target(), task));
  unsigned number = 0;
  for (const TraceLine& line : trace.lines)
    context.print("{:>2} {}{} [0x{:x}]\n", number++, line.is_guess ? "? " : "", traces.name(line), line.pc.value);
  if (!trace.problem.empty()) context.print("TRACE ERROR: {}\n", visible(trace.problem));
  show_rule(context);
  return {};
}

Result<void> show_utsname(Context& context) {
  target::Target& target = context.target();
  const auto names = target.symbol("init_uts_ns");
  const auto record = names ? Record::at(target, "struct uts_namespace", names->address)
                            : Result<Record>(failure(ErrorCode::no_such_symbol, "no such symbol: init_uts_ns"));
  if (record) {
    for (const std::string_view field : {"sysname", "nodename", "release", "version", "machine", "domainname"}) {
      const auto text = record->text(fmt::format("name.{}", field));
      if (!text) return failure(text);
      context.print("{:>12} : {}\n", field, visible(*text));
    }
    return {};
  }
  // The dump's header has it as well, all but the domain.
  const dump::DumpInfo& info = target.dump().info();
  if (info.release.empty()) return failure(record);
  for (const auto& [field, text] :
       {std::pair{"sysname", info.system_name}, std::pair{"nodename", info.node_name},
        std::pair{"release", info.release}, std::pair{"version", info.version}, std::pair{"machine", info.machine}})
    context.print("{:>12} : {}\n", field, visible(text));
  return {};
}

Result<void> show_log(Context& context) {
  const auto log = kernel_log(context.target(), context.cancellation());
  if (!log) return failure(log);
  context.write(visible(*log, true));
  return {};
}

}  // namespace alicia::lcrash

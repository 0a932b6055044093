// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/kernel_log.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/sections.hpp"
#include "lcrash/tasks.hpp"

namespace alicia::lcrash {
namespace {

void heading(Context& context, std::string_view text) {
  const std::string rule(text.size(), '=');
  context.print("\n{}\n{}\n{}\n\n", rule, text, rule);
}

std::string time_text(std::time_t time) {
  return fmt::format("{:%a %b %e %H:%M:%S %Y} UTC", fmt::gmtime(time));
}

/// What the kernel said it died of: the header's, or the log's last `Kernel panic`.
std::string panic_text(Context& context) {
  const std::string& told = context.target().dump().info().panic;
  if (!told.empty()) return visible(told);
  const auto log = kernel_log(context.target(), context.cancellation());
  if (!log) return fmt::format("<{}>", visible(log.error().message));
  const auto begin = log->rfind("Kernel panic - ");
  if (begin == std::string::npos) return "<none in the log>";
  return visible(log->substr(begin, log->find('\n', begin) - begin));
}

void dump_information(Context& context) {
  const target::Target& target = context.target();
  const dump::DumpInfo& info = target.dump().info();
  context.print("     architecture: {}\n", dump::architecture_name(target.architecture()));
  context.print("      byte order: little\n");
  context.print("    pointer size: {}\n", target.pointer_bytes() * 8);
  context.print("     dump format: {}\n", visible(info.format));
  context.print("       page size: {}\n", page_size(target));
  context.print("     dump frames: {} of {} bytes\n", info.max_page_frame, info.page_size);
  context.print("            cpus: {}\n", target.possible_cpus());
  context.print("   kernel offset: 0x{:x}\n", target.kernel_offset());
}

void summary(Context& context) {
  const State& state = context.state();
  const auto time = context.target().dump().info().timestamp;
  context.print("GENERATED ON:\n    {}\n\n", time_text(std::time(nullptr)));
  context.print("TIME OF CRASH:\n    {}\n\n", time ? time_text(static_cast<std::time_t>(*time)) : "<not in the dump>");
  context.print("PANIC STRING:\n    {}\n\n", panic_text(context));
  context.print("MAP:\n    {}\n\nVMDUMP:\n    {}\n\nKERNTYPES:\n    {}\n", visible(state.options.map),
                visible(state.options.dump),
                state.options.kerntypes.empty() ? "<the dump's own>" : visible(state.options.kerntypes));
}

Result<void> tasks(Context& context) {
  const auto list = list_tasks(context.target(), context.cancellation());
  if (!list) return failure(list);
  show_tasks(context, list->tasks);
  if (list->broken) return tl::unexpected<Error>(*list->broken);
  return {};
}

Result<void> failing_trace(Context& context) {
  const auto task = failing_task(context.target());
  if (!task) return failure(task);
  return show_trace(context, Traces(context.target()), *task);
}

}  // namespace

Result<void> run_report(Context& context, const Arguments& arguments) {
  if (!arguments.text.empty()) return usage("report");
  context.write("=======================\nLCRASH CORE FILE REPORT\n=======================\n");
  heading(context, "DUMP INFORMATION");
  dump_information(context);
  heading(context, "COREFILE SUMMARY");
  summary(context);
  struct Section {
    std::string_view name;
    Result<void> (*show)(Context&);
  };
  for (const Section& each :
       {Section{"UTSNAME INFORMATION", show_utsname}, Section{"LOG BUFFER DUMP", show_log},
        Section{"CURRENT SYSTEM TASKS", tasks}, Section{"STACK TRACE OF FAILING TASK", failing_trace}}) {
    if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
    heading(context, each.name);
    // A section that cannot be had says why; the others follow.
    if (const auto shown = each.show(context); !shown) context.print("<{}>\n", visible(shown.error().message));
  }
  return {};
}

}  // namespace alicia::lcrash

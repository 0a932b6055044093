// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/memory_map.hpp"
#include "lcrash/record.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/tasks.hpp"

namespace alicia::lcrash {
namespace {

/// An address space, and a task that lives in it.
struct Space {
  VirtualAddress mm;
  std::string name;
};

Result<VirtualAddress> space_of(target::Target& target, VirtualAddress task) {
  const auto record = Record::at(target, "struct task_struct", task);
  if (!record) return failure(record);
  return record->pointer("mm");
}

/// Each once, as the list of tasks has it: kernel threads have none.
std::vector<Space> all_spaces(Context& context, const std::vector<VirtualAddress>& tasks) {
  std::vector<Space> spaces;
  for (const VirtualAddress task : tasks) {
    if (context.should_stop()) break;
    const auto mm = space_of(context.target(), task);
    if (!mm) {
      context.complain(mm.error());
      continue;
    }
    // Threads of a process follow each other.
    if (mm->value != 0 && (spaces.empty() || spaces.back().mm != *mm))
      spaces.push_back({*mm, task_name(context.target(), task)});
  }
  return spaces;
}

Result<Space> named_space(Context& context, const std::vector<VirtualAddress>& tasks, const std::string& word) {
  const auto address = resolve_task(context.target(), word);
  if (!address) return failure(address);
  if (std::ranges::find(tasks, *address) == tasks.end()) return Space{*address, {}};
  const auto mm = space_of(context.target(), *address);
  if (!mm) return failure(mm);
  if (mm->value == 0)
    return failure(ErrorCode::bad_argument, fmt::format("{} ({}) is a kernel thread and has no address space",
                                                        visible(word), task_name(context.target(), *address)));
  return Space{*mm, task_name(context.target(), *address)};
}

void show_heading(Context& context) {
  const unsigned width = context.address_width();
  context.print("{:<{}} {:>6} {:>6} {:>6} {:>10} {:<{}} {}\n", "ADDR", width, "USERS", "COUNT", "AREAS", "KB", "PGD",
                width, "NAME");
}

Result<void> show_space(Context& context, const Space& space, bool with_heading) {
  const auto mm = Record::at(context.target(), "struct mm_struct", space.mm);
  if (!mm) return failure(mm);
  const auto users = mm->number({"mm_users.counter"});
  const auto count = mm->number({"mm_count.counter"});
  const auto areas = mm->number({"map_count"});
  const auto pages = mm->number({"total_vm"});
  const auto table = mm->pointer("pgd");
  for (const auto* each : {&users, &count, &areas, &pages})
    if (!*each) return failure(*each);
  if (!table) return failure(table);
  if (with_heading) show_heading(context);
  context.print("{} {:>6} {:>6} {:>6} {:>10} {} {}\n", context.address(space.mm), static_cast<std::int64_t>(*users),
                static_cast<std::int64_t>(*count), *areas, *pages * (page_size(context.target()) / 1024),
                context.address(*table), space.name);
  return {};
}

Result<void> show_areas(Context& context, const Space& space) {
  const auto list = list_areas(context.target(), space.mm, context.cancellation());
  if (!list) return failure(list);
  const unsigned width = context.address_width();
  context.print("    {:<{}} {:<{}} {:<{}} PERM {:>8} {}\n", "AREA", width, "BEGIN", width, "END", width, "OFFSET",
                "MAPS");
  for (const VirtualAddress area : list->areas) {
    if (context.should_stop()) break;
    const auto read = read_area(context.target(), space.mm, area);
    if (!read) {
      context.print("    {} <{}>\n", context.address(area), visible(read.error().message));
      continue;
    }
    std::string line = fmt::format("    {} {} {} {} {:08x} {}", context.address(area), context.address(read->begin),
                                   context.address(read->end), read->permissions, read->offset, visible(read->name));
    context.write(line.substr(0, line.find_last_not_of(' ') + 1) + "\n");
  }
  if (list->broken) return tl::unexpected<Error>(*list->broken);
  return {};
}

}  // namespace

Result<void> run_mmap(Context& context, const Arguments& arguments) {
  const auto tasks = list_tasks(context.target(), context.cancellation());
  if (!tasks) return failure(tasks);
  if (tasks->broken) context.complain(*tasks->broken);
  std::vector<Space> spaces;
  if (arguments.words.empty()) spaces = all_spaces(context, tasks->tasks);
  for (const std::string& word : arguments.words) {
    auto space = named_space(context, tasks->tasks, word);
    if (space)
      spaces.push_back(std::move(*space));
    else
      context.complain(space.error());
  }
  bool heading = true;
  for (const Space& space : spaces) {
    if (context.should_stop()) break;
    auto shown = show_space(context, space, heading);
    heading = arguments.has('f') || (heading && !shown);
    if (shown && arguments.has('f')) shown = show_areas(context, space);
    if (!shown) context.complain(shown.error());
  }
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  return {};
}

}  // namespace alicia::lcrash

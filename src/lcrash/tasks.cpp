// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/escape.hpp"
#include "lcrash/arguments.hpp"
#include "lcrash/resolve.hpp"
#include "target/layout.hpp"
#include "target/task_stacks.hpp"
#include "types/containers.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::size_t kMostTasks = std::size_t{1} << 22;

class Collector {
 public:
  Collector(target::Target& target, const Cancellation& cancellation)
      : target_(target), limits_{kMostTasks, &cancellation} {}

  Result<TaskList> run() {
    const auto init = target_.symbol("init_task");
    if (!init) return failure(init);
    const auto layout = target::Layout::of(target_.types(), "struct task_struct");
    if (!layout) return failure(layout);
    const auto node = offset(*layout, "tasks.next");
    if (!node) return failure(node);
    add(init->address);
    for (const VirtualAddress leader : walk(init->address + *node, *node)) {
      add(leader);
      threads(*layout, leader);
    }
    return std::move(list_);
  }

 private:
  static Result<std::uint64_t> offset(const target::Layout& layout, std::string_view path) {
    return layout.slot(path).map([](const target::Slot& slot) { return slot.offset; });
  }

  void add(VirtualAddress task) {
    if (known_.insert(task.value).second && list_.tasks.size() < kMostTasks) list_.tasks.push_back(task);
  }

  std::vector<VirtualAddress> walk(VirtualAddress head, std::uint64_t node) {
    auto walk = types::walk_list(target_.memory(), target_.types(), head, node, limits_);
    if (walk.broken && !list_.broken) list_.broken = std::move(walk.broken);
    return std::move(walk.entries);
  }

  /// The list of threads has its head in the signal_struct, or (older) is a ring that the leader is one of.
  void threads(const target::Layout& task, VirtualAddress leader) {
    const auto signals = target::Layout::of(target_.types(), "struct signal_struct");
    const auto head = signals ? offset(*signals, "thread_head.next") : Result<std::uint64_t>(failure(signals));
    if (!head) {
      if (const auto ring = offset(task, "thread_group.next"))
        for (const VirtualAddress thread : walk(leader + *ring, *ring))
          add(thread);
      return;
    }
    const auto node = offset(task, "thread_node.next");
    const auto record = Record::at(target_, "struct task_struct", leader);
    const auto signal = record ? record->pointer("signal") : Result<VirtualAddress>(failure(record));
    if (!node || !signal || signal->value == 0) return;
    for (const VirtualAddress thread : walk(*signal + *head, *node))
      add(thread);
  }

  target::Target& target_;
  types::WalkLimits limits_;
  TaskList list_;
  std::unordered_set<std::uint64_t> known_;
};

/// The number in a variable, where it is a processor's.
std::optional<unsigned> cpu_at(const target::Target& target, std::string_view variable) {
  const auto symbol = target.symbol(variable);
  std::uint32_t number = 0;
  if (!symbol || !target.memory().read(symbol->address, std::as_writable_bytes(std::span(&number, 1))))
    return std::nullopt;
  return number < target.possible_cpus() ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<TaskList> list_tasks(target::Target& target, const Cancellation& cancellation) {
  return Collector(target, cancellation).run();
}

Result<VirtualAddress> running_task(target::Target& target, unsigned cpu) {
  if (auto current = target::TaskStacks(target).current_task(cpu)) return current;
  // Architectures that keep it elsewhere have it in the run queue.
  const auto queues = target.symbol("runqueues");
  if (!queues) return failure(queues);
  const auto offset = target.per_cpu_offset(cpu);
  if (!offset) return failure(offset);
  const auto queue = Record::at(target, "struct rq", target.types().wrap(queues->address + *offset));
  if (!queue) return failure(queue);
  return queue->pointer("curr");
}

Result<VirtualAddress> failing_task(target::Target& target) {
  // Who panicked the kernel knows; the dump's header has who wrote it.
  std::optional<unsigned> cpu = cpu_at(target, "panic_cpu");
  if (!cpu) cpu = target.dump().info().crash_cpu;
  if (!cpu) cpu = cpu_at(target, "crashing_cpu");
  if (!cpu) return failure(ErrorCode::no_memory_there, "the dump does not say which processor stopped");
  return running_task(target, *cpu);
}

std::string task_name(target::Target& target, VirtualAddress task) {
  const auto record = Record::at(target, "struct task_struct", task);
  const auto name = record ? record->text("comm") : Result<std::string>(failure(record));
  return visible(name ? *name : "<" + name.error().message + ">");
}

Result<VirtualAddress> resolve_task(target::Target& target, std::string_view text) {
  const auto number = parse_number(text);
  const bool is_pid = number && *number < (std::uint64_t{1} << 22) && !text.starts_with("0x");
  if (!is_pid) return resolve_address(target, text);
  const Cancellation cancellation;
  const auto list = list_tasks(target, cancellation);
  if (!list) return failure(list);
  for (const VirtualAddress task : list->tasks) {
    const auto record = Record::at(target, "struct task_struct", task);
    const auto pid = record ? record->number("pid") : Result<std::uint64_t>(failure(record));
    if (pid && *pid == *number) return task;
  }
  return failure(ErrorCode::bad_argument, fmt::format("no task has the PID {}", *number));
}

}  // namespace alicia::lcrash

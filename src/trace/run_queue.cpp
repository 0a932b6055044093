// SPDX-License-Identifier: GPL-3.0-or-later
//
// From the events alone one knows how the tasks on a queue became more or fewer, not how many there were: a task that
// waited or ran all the time has no event at all. Two things tell the number itself. Where a CPU went idle it was none;
// and where recording went on until the dump was made, it was the dump's `rq->nr_running` behind the last event, from
// which one can walk backwards. So each CPU is counted from the tasks that the events name, and the difference is added
// in the end.
//
// What a task did before its first event is inferred from what follows: one that is switched to or from was on a queue
// (unless the CPU was idle in between), one that is woken was not, unless it is switched from next, because then it
// ran. Events that are missing show later: a task runs that never was woken, or another one than was switched to.
// Between what is known of the task and where it shows, every CPU's length is a lower bound. (A task that is about to
// sleep and has a signal waiting stays on the queue though its switch says that it sleeps; it looks like a missing
// wakeup, and is taken for one.)
#include "trace/run_queue.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "trace/limits.hpp"

namespace alicia::trace {
namespace {

constexpr std::int64_t kBeginning = -1;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kMostLength = 0x7fff'ffff;
constexpr std::uint64_t kAsleep = 0xff;  // of a switch's state; the bits above say that it was preempted

using Pid = std::int32_t;
using Cpu = std::uint32_t;

/// One scheduler event, whatever its kind.
struct Step {
  enum class Kind { none, switched, woken, made, migrated } kind = Kind::none;
  Pid task = 0;         ///< switched from, woken, migrated
  Pid next = 0;         ///< switched to
  bool leaves = false;  ///< the task switched from sleeps
  Cpu cpu = 0;          ///< of the switch; where the task is woken or migrated to
  Cpu from = 0;         ///< migrated
};

Step step_of(const Event& event, const SchedulerEvents& kinds) {
  Step step;
  const auto pid = [&](const EventField& field) { return static_cast<Pid>(field.in(event.payload)); };
  const auto cpu = [&](const EventField& field) {
    const std::uint64_t number = field.in(event.payload);
    if (number >= kMostCpus) step.kind = Step::Kind::none;
    return static_cast<Cpu>(number);
  };
  if (event.type == 0) return step;
  if (event.type == kinds.switched.type) {
    step.kind = Step::Kind::switched;
    step.task = pid(kinds.switched.previous);
    step.next = pid(kinds.switched.next);
    step.leaves = (kinds.switched.state.in(event.payload) & kAsleep) != 0;
    step.cpu = event.cpu;
  } else if (event.type == kinds.migrated.type) {
    step.kind = Step::Kind::migrated;
    step.task = pid(kinds.migrated.task);
    step.cpu = cpu(kinds.migrated.to);
    step.from = cpu(kinds.migrated.from);
  } else {
    for (const SchedulerEvents::Wakeup& wakeup : kinds.wakeups) {
      if (event.type != wakeup.type) continue;
      step.kind = wakeup.is_new ? Step::Kind::made : Step::Kind::woken;
      step.task = pid(wakeup.task);
      step.cpu = cpu(wakeup.cpu);
      break;
    }
  }
  return step;
}

/// Events between which lengths are uncertain, both excluded.
struct Gap {
  std::int64_t after = kBeginning, before = kEnd;
};

/// One buffer's tasks and CPUs.
class Counter {
 public:
  void infer(const Step& step);
  /// Takes a step. @return the length behind it, for a switch
  std::int64_t count(std::int64_t index, const Step& step);
  void finish(const std::vector<std::optional<std::int64_t>>& last);

  std::int64_t offset(Cpu cpu) const { return cpu < cpus_.size() ? cpus_[cpu].offset : 0; }
  const std::vector<Gap>& gaps() const { return gaps_; }
  /// The same of one CPU alone.
  std::optional<Gap> gap_of(Cpu cpu) const { return cpu < cpus_.size() ? cpus_[cpu].gap : std::nullopt; }

 private:
  struct Before {
    bool is_known = false, on_queue = false, was_woken = false;
    std::optional<Cpu> cpu;  // where it first was
  };
  struct Task {
    bool on_queue = false;
    Cpu cpu = 0;
    std::int64_t last = kBeginning;     // its last event
    std::optional<std::int64_t> doubt;  // since when it may have left its queue or not
  };
  struct CpuState {
    std::int64_t count = 0, offset = 0;
    std::optional<Pid> runs;
    std::int64_t last_switch = kBeginning, last_idle = kBeginning;
    bool was_idle = false;
    std::optional<Gap> gap;
    std::vector<Task*> queued;  // put on since it last was idle; some have left meanwhile
  };

  CpuState& cpu(Cpu number) {
    if (number >= cpus_.size()) cpus_.resize(std::size_t{number} + 1);
    return cpus_[number];
  }
  void know(Before& before, bool on_queue, Cpu where);
  Task& task(Pid pid, std::int64_t index);
  void put_on(Task& task, Cpu where);
  void take_off(Task& task);
  void must_be_on(Task& task, Cpu where, std::int64_t index);
  void switch_tasks(std::int64_t index, const Step& step);
  void idle(std::int64_t index, Cpu where);

  std::unordered_map<Pid, Before> before_;
  std::unordered_map<Pid, Task> tasks_;
  std::vector<CpuState> cpus_;
  std::vector<Gap> gaps_;
  bool begun_ = false;
};

void Counter::know(Before& before, bool on_queue, Cpu where) {
  if (!before.cpu) before.cpu = where;
  before.is_known = true;
  before.on_queue = on_queue && !cpu(*before.cpu).was_idle;
}

void Counter::infer(const Step& step) {
  const auto first_of = [this](Pid pid) -> Before* {
    if (pid == 0) return nullptr;
    Before& before = before_[pid];
    return before.is_known ? nullptr : &before;
  };
  if (Before* before = first_of(step.task)) {
    switch (step.kind) {
      case Step::Kind::switched: know(*before, true, step.cpu); break;
      case Step::Kind::made: know(*before, false, step.cpu); break;
      case Step::Kind::woken: before->was_woken = true; break;
      case Step::Kind::migrated:
        if (!before->was_woken && !before->cpu) before->cpu = step.from;
        break;
      case Step::Kind::none: break;
    }
  }
  if (step.kind != Step::Kind::switched) return;
  if (Before* before = first_of(step.next)) know(*before, !before->was_woken, step.cpu);
  if (step.next == 0) cpu(step.cpu).was_idle = true;
}

/// The task as it was before this event. Whether it was still on its queue has been in doubt until here.
Counter::Task& Counter::task(Pid pid, std::int64_t index) {
  Task& task = tasks_[pid];
  if (task.doubt) {
    gaps_.push_back({*task.doubt, index});
    task.doubt.reset();
  }
  return task;
}

void Counter::put_on(Task& task, Cpu where) {
  task.on_queue = true;
  task.cpu = where;
  CpuState& state = cpu(where);
  ++state.count;
  if (state.queued.size() > 2 * tasks_.size() + 64) {
    std::erase_if(state.queued, [where](const Task* each) { return !each->on_queue || each->cpu != where; });
    std::ranges::sort(state.queued);
    state.queued.erase(std::ranges::unique(state.queued).begin(), state.queued.end());
  }
  state.queued.push_back(&task);
}

void Counter::take_off(Task& task) {
  if (!task.on_queue) return;
  task.on_queue = false;
  --cpu(task.cpu).count;
}

/// What is seen on a CPU is on its queue; if it was not known to be, events are missing since its last one.
void Counter::must_be_on(Task& task, Cpu where, std::int64_t index) {
  if (task.on_queue && task.cpu == where) return;
  gaps_.push_back({task.last, index});
  take_off(task);
  put_on(task, where);
}

/// An idle CPU has nothing to run: whatever was thought to be there had left unseen.
void Counter::idle(std::int64_t index, Cpu where) {
  CpuState& state = cpu(where);
  state.was_idle = true;
  state.last_idle = index;
  for (Task* const task : state.queued) {
    if (!task->on_queue || task->cpu != where) continue;
    gaps_.push_back({task->last, index});
    take_off(*task);
  }
  state.queued.clear();
}

void Counter::switch_tasks(std::int64_t index, const Step& step) {
  CpuState& state = cpu(step.cpu);
  if (state.runs && *state.runs != step.task) {
    gaps_.push_back({state.last_switch, index});
    if (const auto ran = tasks_.find(*state.runs); ran != tasks_.end() && ran->second.on_queue) {
      ran->second.doubt = ran->second.last;
      take_off(ran->second);
    }
  }
  for (const Pid pid : {step.task, step.next}) {
    if (pid == 0) continue;
    Task& seen = task(pid, index);
    must_be_on(seen, step.cpu, index);
    seen.last = index;
    if (pid == step.task && step.leaves) take_off(seen);
  }
  cpu(step.cpu).runs = step.next;
  cpu(step.cpu).last_switch = index;
  if (step.next == 0) idle(index, step.cpu);
}

std::int64_t Counter::count(std::int64_t index, const Step& step) {
  if (!begun_) {
    begun_ = true;
    for (const auto& [pid, before] : before_) {
      if (before.on_queue) put_on(tasks_[pid], before.cpu.value_or(0));
    }
  }
  switch (step.kind) {
    case Step::Kind::switched: switch_tasks(index, step); return cpu(step.cpu).count;
    case Step::Kind::migrated: {
      if (step.task == 0) break;
      Task& moved = task(step.task, index);
      if (moved.on_queue) {
        if (moved.cpu != step.from) gaps_.push_back({moved.last, index});
        take_off(moved);
        put_on(moved, step.cpu);
      }
      moved.last = index;
      break;
    }
    case Step::Kind::woken:
    case Step::Kind::made: {
      if (step.task == 0) break;
      Task& woken = task(step.task, index);
      if (woken.on_queue && woken.cpu != step.cpu) {
        gaps_.push_back({woken.last, index});
        take_off(woken);
      }
      if (!woken.on_queue) put_on(woken, step.cpu);
      woken.last = index;
      break;
    }
    case Step::Kind::none: break;
  }
  return 0;
}

void Counter::finish(const std::vector<std::optional<std::int64_t>>& last) {
  for (const auto& [pid, task] : tasks_) {
    if (task.doubt) gaps_.push_back({*task.doubt, kEnd});
  }
  for (Cpu number = 0; number < cpus_.size(); ++number) {
    CpuState& state = cpus_[number];
    const auto known = number < last.size() ? last[number] : std::nullopt;
    const std::int64_t more = known ? *known - state.count : 0;
    if (state.was_idle) {
      if (more != 0) state.gap = Gap{state.last_idle, kEnd};
    } else if (known && more >= 0) {
      state.offset = more;
    } else {
      state.gap = Gap{};
    }
  }
  std::ranges::sort(gaps_, {}, &Gap::after);
  // Those that overlap become one.
  std::vector<Gap> joined;
  for (const Gap& gap : gaps_) {
    if (!joined.empty() && gap.after < joined.back().before) {
      joined.back().before = std::max(joined.back().before, gap.before);
    } else {
      joined.push_back(gap);
    }
  }
  gaps_ = std::move(joined);
}

bool inside(const Gap& gap, std::int64_t event) {
  return event > gap.after && event < gap.before;
}
bool inside(const std::vector<Gap>& gaps, std::int64_t event) {
  const auto behind = std::ranges::lower_bound(gaps, event, {}, &Gap::after);
  return behind != gaps.begin() && inside(*std::prev(behind), event);
}

/// The event's fields of these names; nothing where it, or one of them, is missing.
std::vector<EventField> fields_of(const EventFormat* event, std::initializer_list<std::string_view> names) {
  std::vector<EventField> fields;
  for (const std::string_view name : names) {
    const EventField* field = event == nullptr ? nullptr : event->field(name);
    if (field == nullptr) return {};
    fields.push_back(*field);
  }
  return fields;
}

}  // namespace

SchedulerEvents scheduler_events(const EventFormats& formats) {
  SchedulerEvents kinds;
  const EventFormat* event = formats.find("sched", "sched_switch");
  if (const auto fields = fields_of(event, {"prev_pid", "prev_state", "next_pid"}); !fields.empty())
    kinds.switched = {event->id, fields[0], fields[1], fields[2]};
  event = formats.find("sched", "sched_migrate_task");
  if (const auto fields = fields_of(event, {"pid", "orig_cpu", "dest_cpu"}); !fields.empty())
    kinds.migrated = {event->id, fields[0], fields[1], fields[2]};
  for (const std::string_view name : {"sched_wakeup", "sched_wakeup_new"}) {
    event = formats.find("sched", name);
    if (const auto fields = fields_of(event, {"pid", "target_cpu"}); !fields.empty())
      kinds.wakeups.push_back({event->id, fields[0], fields[1], name == "sched_wakeup_new"});
  }
  return kinds;
}

QueueHints queue_hints(const Records& records) {
  QueueHints hints;
  for (const LoadedBuffer& loaded : records.buffers()) {
    std::uint64_t complete_from = 0;
    bool lossy = !loaded.ring.problems.empty() || !records.problems().empty();
    for (const CpuBuffer& cpu : loaded.ring.cpus) {
      lossy = lossy || cpu.commit_overrun != 0 || cpu.dropped != 0;
      // The first sub-buffer's stamp is that of its first event.
      if (cpu.overrun != 0 && !cpu.pages.empty()) complete_from = std::max(complete_from, cpu.pages.front().stamp);
    }
    hints.complete_from.push_back(complete_from);
    hints.lossy.push_back(lossy);
  }
  return hints;
}

Result<QueueLengths> queue_lengths(const Records& events, const SchedulerEvents& kinds, const QueueHints& hints,
                                   const Cancellation& cancellation) {
  std::vector<Counter> counters;
  QueueLengths result;
  result.previous = kinds.switched.previous;
  for (const bool counting : {false, true}) {
    for (std::size_t index = 0; index < events.size(); ++index) {
      if (index % kPoll == 0 && cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
      const Event event = events.event(index);
      const Step step = step_of(event, kinds);
      if (step.kind == Step::Kind::none) continue;
      if (event.buffer >= counters.size()) counters.resize(std::size_t{event.buffer} + 1);
      Counter& counter = counters[event.buffer];
      const auto place = static_cast<std::uint32_t>(index);
      if (!counting) {
        counter.infer(step);
      } else {
        const auto length = static_cast<std::uint32_t>(counter.count(place, step));
        if (step.kind == Step::Kind::switched) result.switches.push_back({place, length & kMostLength, 0});
      }
    }
  }
  for (std::size_t buffer = 0; buffer < counters.size(); ++buffer)
    counters[buffer].finish(buffer < hints.last.size() ? hints.last[buffer]
                                                       : std::vector<std::optional<std::int64_t>>());
  for (QueueLength& entry : result.switches) {
    const Event event = events.event(entry.event);
    const Counter& counter = counters[event.buffer];
    const auto own = counter.gap_of(event.cpu);
    const bool lossy = event.buffer < hints.lossy.size() && hints.lossy[event.buffer];
    const bool incomplete = event.buffer < hints.complete_from.size() && hints.complete_from[event.buffer] != 0 &&
                            events.time(entry.event) < hints.complete_from[event.buffer];
    entry.length = (entry.length + static_cast<std::uint32_t>(counter.offset(event.cpu))) & kMostLength;
    const bool uncertain =
        lossy || incomplete || (own && inside(*own, entry.event)) || inside(counter.gaps(), entry.event);
    entry.is_exact = uncertain && entry.length != 0 ? 0 : 1;  // an idle CPU is idle
  }
  return result;
}

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "trace/event_format.hpp"
#include "trace/records.hpp"

namespace alicia::trace {

/// The kinds of event that tell who was put on a CPU's queue and who left it; 0 for one that the kernel has not.
struct SchedulerEvents {
  struct Switch {
    std::uint16_t type = 0;
    EventField previous, state, next;
  } switched;
  struct Wakeup {
    std::uint16_t type = 0;
    EventField task, cpu;
    bool is_new = false;  ///< of a task that has just been made
  };
  std::vector<Wakeup> wakeups;
  struct Migration {
    std::uint16_t type = 0;
    EventField task, from, to;
  } migrated;
};

/// As a kernel's formats describe them; a kind whose fields are missing is left out.
SchedulerEvents scheduler_events(const EventFormats& formats);

/// What is known of the buffers otherwise.
struct QueueHints {
  /// By buffer and CPU: the tasks on the queue behind the buffer's last event.
  std::vector<std::vector<std::optional<std::int64_t>>> last;
  /// By buffer: the time before which some CPU's events were overwritten; 0 for none.
  std::vector<std::uint64_t> complete_from;
  /// By buffer: events are missing that nobody knows the place of.
  std::vector<bool> lossy;
};

/// What the buffers themselves tell: where events were overwritten or lost.
QueueHints queue_hints(const Records& records);

/// The tasks on a CPU's queue behind a switch, the one that runs included.
struct QueueLength {
  std::uint32_t event = 0;  ///< the switch
  std::uint32_t length : 31 = 0;
  std::uint32_t is_exact : 1 = 0;  ///< else there may have been more
};

struct QueueLengths {
  std::vector<QueueLength> switches;  ///< in their order
  EventField previous;                ///< the switches' PID switched from
};

/// How many tasks each CPU had to run, at each switch.
///
/// Error: interrupted.
Result<QueueLengths> queue_lengths(const Records& events, const SchedulerEvents& kinds, const QueueHints& hints,
                                   const Cancellation& cancellation);

}  // namespace alicia::trace

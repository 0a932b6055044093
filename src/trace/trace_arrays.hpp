// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::trace {

/// What time stamps count.
struct Clock {
  std::string name = "local";
  bool in_nanoseconds = true;  ///< else something of the clock's own: cycles, events, jiffies
  friend bool operator==(const Clock&, const Clock&) = default;
};

/// What an instance's options (its files below `options/`) say of how events are worded.
struct Options {
  bool context = true;          ///< context-info: what stands before the event's name
  bool interrupt_info = true;   ///< irq-info
  bool print_parent = true;     ///< a function's caller
  bool symbol_offset = false;   ///< sym-offset
  bool symbol_address = false;  ///< sym-addr
  bool annotate = true;         ///< a note where a CPU's events begin
};

/// One buffer of one trace instance (`struct trace_array`).
struct TraceBuffer {
  std::string instance;  ///< empty for the one at the top of /sys/kernel/tracing
  bool is_snapshot = false;
  VirtualAddress address;  ///< its struct trace_buffer
  VirtualAddress instance_address;
  std::string tracer;  ///< current tracer: nop, function, function_graph, …
  std::uint32_t tracer_options = 0;
  bool has_tracer_options = false;
  Options options;
  Clock clock;
};

struct TraceBuffers {
  std::vector<TraceBuffer> buffers;  ///< the top instance's first, then by name; a snapshot behind its live buffer
  std::vector<std::string> problems;
};

/// The buffers of every instance on `ftrace_trace_arrays`. Errors: the kernel has no tracing, or no types for it.
Result<TraceBuffers> list_trace_buffers(target::Target& target, const Cancellation& cancellation);

}  // namespace alicia::trace

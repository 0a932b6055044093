// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "target/target.hpp"
#include "trace/command_names.hpp"
#include "trace/event_format.hpp"
#include "trace/event_text.hpp"
#include "trace/function_names.hpp"
#include "trace/graph_text.hpp"
#include "trace/records.hpp"

namespace alicia::trace {

/// Records as lines of /sys/kernel/tracing/trace.
class TraceText {
 public:
  /// All borrowed.
  TraceText(target::Target& target, const EventFormats& formats, const CommandNames& commands, const Records& records);

  /// The lines of one record, a newline at the end. Records of the function_graph tracer take their lines from what
  /// went before: they want to be asked for in order, and the return of a function that calls no other is part of its
  /// call's line, itself no text.
  std::string line(std::size_t index);
  /// The lines that /sys/kernel/tracing/trace begins with, for this buffer of the records.
  std::string header(std::size_t buffer) const;
  /// The event's name, `system:name`; its number where the dump has no such event.
  std::string event_name(std::size_t index) const;
  /// What the event says, behind its name.
  std::string event_text(std::size_t index);
  /// Kinds of event whose print format was not understood: their fields are listed instead.
  const std::vector<std::string>& not_understood() const { return text_.not_understood(); }

 private:
  std::string context(std::size_t index) const;
  std::string body(std::size_t index, const EventFormat& event);
  std::string own_body(std::size_t index, const EventFormat& event, std::span<const std::byte> record);
  std::string stack(const EventFormat& event, std::span<const std::byte> record, const Options& options);
  std::string symbol(std::uint64_t address, const Options& options);
  const std::string& kernel_string(const EventField* field, std::span<const std::byte> record);
  std::string note_of_start(std::size_t index);

  target::Target& target_;
  const EventFormats& formats_;
  const CommandNames& commands_;
  const Records& records_;
  mutable FunctionNames names_;
  std::unordered_map<std::uint64_t, std::string> strings_;
  EventText text_;
  GraphText graph_;
  std::vector<std::vector<bool>> started_;  // by buffer and CPU: a line of it was printed
  bool bottom_halves_;                      // events tell whether they are disabled
};

}  // namespace alicia::trace

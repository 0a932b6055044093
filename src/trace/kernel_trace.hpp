// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "target/target.hpp"
#include "trace/analysis.hpp"
#include "trace/command_names.hpp"
#include "trace/event_format.hpp"
#include "trace/records.hpp"
#include "trace/run_queue.hpp"
#include "trace/trace_arrays.hpp"
#include "trace/trace_text.hpp"

namespace alicia::trace {

/// Events that were collected, and their words.
class Collection {
 public:
  Collection(target::Target& target, const EventFormats& formats, const CommandNames& commands, Records records)
      : target_(target), formats_(formats), commands_(commands), records_(std::move(records)) {}

  const Records& records() const { return records_; }
  const EventFormats& formats() const { return formats_; }
  const CommandNames& commands() const { return commands_; }
  /// Made when first asked for: the strings of all records are looked up then.
  TraceText& text();
  /// For lines in order from the first again: what was printed before is forgotten.
  void restart_text() { text_.reset(); }

  /// What analyses found, by number, until it is let go.
  std::map<std::uint64_t, Pairs>& pairs() { return pairs_; }
  std::map<std::uint64_t, QueueLengths>& queue_lengths() { return queue_lengths_; }

 private:
  target::Target& target_;
  const EventFormats& formats_;
  const CommandNames& commands_;
  Records records_;
  std::unique_ptr<TraceText> text_;
  std::map<std::uint64_t, Pairs> pairs_;
  std::map<std::uint64_t, QueueLengths> queue_lengths_;
};

/// How far collecting is: bytes copied out of the dump, then events put in order.
struct Progress {
  std::size_t bytes = 0, events = 0;
};

/// The kernel's own tracing (ftrace) as the dump has it.
class KernelTrace {
 public:
  /// @param target borrowed. Errors: the kernel has no tracing, or no types to read it by; interrupted.
  static Result<std::unique_ptr<KernelTrace>> open(target::Target& target, const Cancellation& cancellation);

  const std::vector<TraceBuffer>& buffers() const { return buffers_.buffers; }
  const EventFormats& formats() const { return formats_; }
  const CommandNames& commands() const { return commands_; }
  /// What could not be read of instances, events and names.
  std::vector<std::string> problems() const;

  /// What the kernel counted of a buffer, a CPU each, without its events.
  Result<RingBuffer> counts(std::size_t id, const Cancellation& cancellation) const;
  /// A buffer's bytes, without its events made out.
  Result<LoadedBuffer> load(std::size_t id, const Cancellation& cancellation,
                            const std::function<void(std::size_t)>& told = {}) const;
  /// The events of these buffers, by their places in buffers(). Errors: bad_argument, those of reading; interrupted.
  Result<std::unique_ptr<Collection>> collect(std::span<const std::size_t> ids, const Cancellation& cancellation,
                                              const std::function<void(const Progress&)>& told = {}) const;

 private:
  explicit KernelTrace(target::Target& target) : target_(target) {}
  Result<RingBuffer> read(std::size_t id, bool counts_only, const Cancellation& cancellation,
                          const std::function<void(std::size_t)>& told) const;

  target::Target& target_;
  TraceBuffers buffers_;
  EventFormats formats_;
  CommandNames commands_;
};

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/kernel_trace.hpp"

#include <fmt/format.h>

#include <utility>

namespace alicia::trace {

TraceText& Collection::text() {
  if (!text_) text_ = std::make_unique<TraceText>(target_, formats_, commands_, records_);
  return *text_;
}

Result<std::unique_ptr<KernelTrace>> KernelTrace::open(target::Target& target, const Cancellation& cancellation) {
  std::unique_ptr<KernelTrace> trace(new KernelTrace(target));
  auto buffers = list_trace_buffers(target, cancellation);
  if (!buffers) return failure(std::move(buffers));
  auto formats = read_event_formats(target, cancellation);
  if (!formats) return failure(std::move(formats));
  trace->buffers_ = std::move(*buffers);
  trace->formats_ = std::move(*formats);
  trace->commands_ = CommandNames::read(target);
  return trace;
}

std::vector<std::string> KernelTrace::problems() const {
  std::vector<std::string> problems = buffers_.problems;
  problems.insert(problems.end(), formats_.problems.begin(), formats_.problems.end());
  if (!commands_.problem().empty()) problems.push_back(commands_.problem());
  return problems;
}

Result<RingBuffer> KernelTrace::read(std::size_t id, bool counts_only, const Cancellation& cancellation,
                                     const std::function<void(std::size_t)>& told) const {
  if (id >= buffers().size()) return failure(ErrorCode::bad_argument, fmt::format("no trace buffer {}", id));
  const RingBufferMachine machine{target_.memory(), target_.types(),
                                  target_.vmcoreinfo().decimal("PAGESIZE").value_or(4096), target_.possible_cpus(),
                                  counts_only};
  return read_ring_buffer(machine, buffers()[id].address, cancellation, told);
}

Result<RingBuffer> KernelTrace::counts(std::size_t id, const Cancellation& cancellation) const {
  return read(id, true, cancellation, {});
}

Result<LoadedBuffer> KernelTrace::load(std::size_t id, const Cancellation& cancellation,
                                       const std::function<void(std::size_t)>& told) const {
  auto ring = read(id, false, cancellation, told);
  if (!ring) return failure(std::move(ring));
  return LoadedBuffer{buffers()[id], std::move(*ring)};
}

Result<std::unique_ptr<Collection>> KernelTrace::collect(std::span<const std::size_t> ids,
                                                         const Cancellation& cancellation,
                                                         const std::function<void(const Progress&)>& told) const {
  std::vector<LoadedBuffer> loaded;
  Progress progress;
  for (const std::size_t id : ids) {
    const std::size_t before = progress.bytes;
    auto buffer = load(id, cancellation, [&](std::size_t bytes) {
      progress.bytes = before + bytes;
      if (told) told(progress);
    });
    if (!buffer) return failure(std::move(buffer));
    progress.bytes = before + buffer->ring.committed();
    loaded.push_back(std::move(*buffer));
  }
  auto records = Records::merge(std::move(loaded), cancellation, [&](std::size_t events) {
    progress.events = events;
    if (told) told(progress);
  });
  if (!records) return failure(std::move(records));
  return std::make_unique<Collection>(target_, formats_, commands_, std::move(*records));
}

}  // namespace alicia::trace

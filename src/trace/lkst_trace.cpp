// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/lkst_trace.hpp"

#include <fmt/format.h>

#include <utility>

#include "trace/lkst_table.hpp"

namespace alicia::trace {

Result<std::unique_ptr<LkstTrace>> LkstTrace::open(target::Target& target, const Cancellation& cancellation) {
  const auto anchor = target.symbol("lkst_anchor");
  if (!anchor) {
    return failure(ErrorCode::no_such_symbol,
                   "no symbol lkst_anchor: LKST's module is not in this kernel, or the dump has lost its symbols");
  }
  std::unique_ptr<LkstTrace> trace(new LkstTrace(target));
  auto buffers = lkst::list_buffers(target.memory(), anchor->address, target.possible_cpus(), cancellation);
  if (!buffers) return failure(std::move(buffers));
  trace->buffers_ = std::move(*buffers);
  trace->formats_ = lkst::formats();
  trace->commands_ = CommandNames::read(target);
  return trace;
}

Result<std::unique_ptr<Collection>> LkstTrace::collect(std::span<const std::size_t> places,
                                                       const Cancellation& cancellation) const {
  std::vector<LoadedBuffer> loaded;
  for (const std::size_t place : places) {
    if (place >= buffers().size()) return failure(ErrorCode::bad_argument, fmt::format("no LKST buffer {}", place));
    const lkst::Buffer& buffer = buffers()[place];
    auto ring = lkst::read_buffer(target_.memory(), buffer, cancellation);
    if (!ring) return failure(std::move(ring));
    TraceBuffer described;
    described.instance = fmt::format("{}", buffer.id);
    described.address = buffer.address;
    described.clock = buffer.clock;
    loaded.push_back({std::move(described), std::move(*ring)});
  }
  auto records = Records::merge(std::move(loaded), cancellation);
  if (!records) return failure(std::move(records));
  return std::make_unique<Collection>(target_, formats_, commands_, std::move(*records));
}

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/trace_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "target/layout.hpp"
#include "trace/limits.hpp"
#include "types/containers.hpp"
#include "types/value.hpp"

namespace alicia::trace {
namespace {

using target::Layout;
using target::Slot;

constexpr std::size_t kMostInstances = 4096;
constexpr std::uint64_t kMostInstanceBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostClocks = 64;

/// The enumerators of `trace_iterator_flags` as an instance's `trace_flags` has them: their values differ from kernel
/// to kernel. Where the dump doesn't tell them, the options are taken to be what they are unless set otherwise.
Options options_of(target::Target& target, std::uint64_t flags) {
  Options options;
  const auto type = target.types().find("enum trace_iterator_flags");
  if (!type) return options;
  const std::array<std::pair<std::string_view, bool*>, 6> wanted{{{"TRACE_ITER_CONTEXT_INFO", &options.context},
                                                                  {"TRACE_ITER_IRQ_INFO", &options.interrupt_info},
                                                                  {"TRACE_ITER_PRINT_PARENT", &options.print_parent},
                                                                  {"TRACE_ITER_SYM_OFFSET", &options.symbol_offset},
                                                                  {"TRACE_ITER_SYM_ADDR", &options.symbol_address},
                                                                  {"TRACE_ITER_ANNOTATE", &options.annotate}}};
  for (const types::Enumerator& flag : target.types().describe(*type).enumerators) {
    for (const auto& [name, option] : wanted) {
      if (flag.name == name) *option = (flags & static_cast<std::uint64_t>(flag.value)) != 0;
    }
  }
  return options;
}

class ArrayReader {
 public:
  ArrayReader(target::Target& target, const Layout& layout) : target_(target), layout_(layout) {}

  Result<void> read(VirtualAddress address, TraceBuffers& into) const;

 private:
  std::uint64_t member(std::span<const std::byte> bytes, std::string_view path) const {
    const auto slot = layout_.slot(path);
    return slot ? slot->in(bytes) : 0;
  }
  std::string text(std::uint64_t address) const {
    const auto read = types::read_string(target_.memory(), VirtualAddress{address}, kMostName);
    return read ? *read : std::string();
  }
  Clock clock(std::uint64_t number) const;
  void read_tracer(VirtualAddress address, TraceBuffer& buffer) const;

  target::Target& target_;
  const Layout& layout_;
};

/// The table `trace_clocks` has three words an entry: the function, its name, and whether it counts nanoseconds. Its
/// type has no name that a kernel would tell.
Clock ArrayReader::clock(std::uint64_t number) const {
  Clock clock;
  const auto table = target_.symbol("trace_clocks");
  const unsigned word = target_.pointer_bytes();
  if (!table || number >= kMostClocks) return clock;
  std::vector<std::byte> entry(std::size_t{word} * 3);
  if (!target_.memory().read(table->address + number * entry.size(), entry)) return clock;
  std::string name = text(Slot{word, word}.in(entry));
  if (name.empty()) return clock;
  clock.name = std::move(name);
  clock.in_nanoseconds = Slot{std::uint64_t{word} * 2, 4}.in(entry) != 0;
  return clock;
}

void ArrayReader::read_tracer(VirtualAddress address, TraceBuffer& buffer) const {
  const auto layout = Layout::of(target_.types(), "struct tracer");
  if (!layout) return;
  const auto name = layout->slot("name");
  const auto flags = layout->slot("flags");
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(layout->size(), kMostInstanceBytes)));
  if (!name || !target_.memory().read(address, bytes)) return;
  buffer.tracer = text(name->in(bytes));
  if (!flags || flags->in(bytes) == 0) return;
  const auto options = Layout::of(target_.types(), "struct tracer_flags");
  if (!options) return;
  const auto value = options->slot("val");
  std::vector<std::byte> held(static_cast<std::size_t>(std::min(options->size(), kMostInstanceBytes)));
  if (!value || !target_.memory().read(VirtualAddress{flags->in(bytes)}, held)) return;
  buffer.tracer_options = static_cast<std::uint32_t>(value->in(held));
  buffer.has_tracer_options = true;
}

Result<void> ArrayReader::read(VirtualAddress address, TraceBuffers& into) const {
  if (layout_.size() > kMostInstanceBytes)
    return failure(ErrorCode::corrupt, "struct trace_array is too large to be true");
  std::vector<std::byte> bytes(static_cast<std::size_t>(layout_.size()));
  if (auto read = target_.memory().read(address, bytes); !read) return failure(std::move(read));
  TraceBuffer live;
  live.instance_address = address;
  if (const std::uint64_t name = member(bytes, "name"); name != 0) live.instance = text(name);
  const char* holder = layout_.slot("array_buffer.buffer") ? "array_buffer.buffer" : "trace_buffer.buffer";
  live.address = VirtualAddress{member(bytes, holder)};
  live.options = options_of(target_, member(bytes, "trace_flags"));
  live.clock = clock(member(bytes, "clock_id"));
  if (const std::uint64_t tracer = member(bytes, "current_trace"); tracer != 0)
    read_tracer(VirtualAddress{tracer}, live);
  if (live.address.value != 0) into.buffers.push_back(live);

  // Where a snapshot was taken, or a latency tracer kept its worst case.
  const char* second = layout_.slot("max_buffer.buffer") ? "max_buffer.buffer" : "snapshot_buffer.buffer";
  const std::uint64_t snapshot = member(bytes, second);
  if (snapshot != 0 && member(bytes, "allocated_snapshot") != 0) {
    live.is_snapshot = true;
    live.address = VirtualAddress{snapshot};
    into.buffers.push_back(std::move(live));
  }
  return {};
}

}  // namespace

Result<TraceBuffers> list_trace_buffers(target::Target& target, const Cancellation& cancellation) {
  const auto head = target.symbol("ftrace_trace_arrays");
  if (!head) return failure(head);
  const auto layout = Layout::of(target.types(), "struct trace_array");
  if (!layout) return failure(layout);
  const auto link = layout->slot("list.next");
  if (!link) return failure(link);
  types::WalkLimits limits;
  limits.most = kMostInstances;
  limits.cancellation = &cancellation;
  const auto walk = types::walk_list(target.memory(), target.types(), head->address, link->offset, limits);
  if (walk.broken && walk.broken->code == ErrorCode::interrupted) return tl::unexpected<Error>(*walk.broken);
  TraceBuffers result;
  if (walk.broken) result.problems.push_back(fmt::format("lost trace instances: {}", walk.broken->message));
  const ArrayReader reader(target, *layout);
  for (const VirtualAddress address : walk.entries) {
    if (const auto read = reader.read(address, result); !read)
      result.problems.push_back(
          fmt::format("lost the trace instance at {:#x}: {}", address.value, read.error().message));
  }
  std::ranges::stable_sort(result.buffers, {}, &TraceBuffer::instance);
  return result;
}

}  // namespace alicia::trace

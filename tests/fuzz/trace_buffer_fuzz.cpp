// SPDX-License-Identifier: GPL-3.0-or-later
// A kernel's trace buffer: its ring of pages in a dump's memory, the events in them, and what analyses make of these.
// The input is the memory, without what would be zeros: 512 bytes of the buffer and its CPUs' structs, 256 bytes of
// page descriptors, then the first 256 bytes of each page. Whatever it says, every event that is found lies in a page.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "trace/analysis.hpp"
#include "trace/run_queue.hpp"
#include "unit/trace/ring_buffer_types.hpp"

namespace {

using namespace alicia;
using namespace alicia::trace;
using test::MadeTypes;

constexpr VirtualAddress kBase{0xffff888000100000};
constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kStructs = 512, kDescriptors = 256, kEvents = 256, kPages = 64;

/// The input spread over pages: structs, descriptors, and a page each of what follows.
class Spread final : public MemoryReader {
 public:
  explicit Spread(std::span<const std::byte> input) : input_(input) {}
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    std::ranges::fill(out, std::byte{0});
    for (std::size_t at = 0, part = 0; at < out.size(); at += part) {
      const std::uint64_t where = address.value + at - kBase.value;
      const std::uint64_t page = where / kPage, offset = where % kPage;
      if (address.value + at < kBase.value || page >= kPages)
        return failure(ErrorCode::page_excluded, "page excluded from the dump", address.value + at);
      part = std::min<std::size_t>(kPage - offset, out.size() - at);
      const std::size_t length = page == 0 ? kStructs : page == 1 ? kDescriptors : kEvents;
      const std::size_t begin = page == 0 ? 0 : page == 1 ? kStructs : kStructs + kDescriptors + (page - 2) * kEvents;
      if (offset >= length || begin + offset >= input_.size()) continue;  // zeros up to the next page
      const auto told = input_.subspan(begin + offset);
      std::ranges::copy(told.first(std::min({part, length - offset, told.size()})), out.subspan(at).begin());
    }
    return {};
  }

 private:
  std::span<const std::byte> input_;
};

std::unique_ptr<types::TypeSystem> kernel_types() {
  auto made = std::make_unique<MadeTypes>();
  const auto word = made->integer(4);
  const auto quad = made->integer(8);
  const auto pointer = made->pointer();
  const auto counter = made->structure("atomic_t", 4, {MadeTypes::member("counter", word, 0)});
  made->structure("trace_buffer", 24,
                  {MadeTypes::member("cpus", word, 0), MadeTypes::member("record_disabled", counter, 4),
                   MadeTypes::member("buffers", pointer, 8), MadeTypes::member("subbuf_order", word, 16)});
  std::vector<types::Member> members{MadeTypes::member("cpu", word, 0),
                                     MadeTypes::member("record_disabled", counter, 4)};
  std::uint64_t at = 8;
  for (const char* name :
       {"head_page", "commit_page", "reader_page", "entries", "overrun", "commit_overrun", "dropped_events", "read"}) {
    members.push_back(MadeTypes::member(name, quad, at));
    at += 8;
  }
  made->structure("ring_buffer_per_cpu", at, std::move(members));
  test::declare_ring_pages(*made);
  auto types = std::make_unique<types::TypeSystem>(8);
  types->add_source(std::move(made));
  return types;
}

EventField field(const char* name, std::uint32_t offset, std::uint32_t size, bool is_signed) {
  EventField made;
  made.type = "int";
  made.name = name;
  made.offset = offset;
  made.size = size;
  made.is_signed = is_signed;
  return made;
}

EventFormats kernel_formats() {
  EventFormats formats;
  formats.common = {field("common_type", 0, 2, false), field("common_pid", 4, 4, true)};
  const auto add = [&](std::uint16_t id, const char* system, const char* name, std::vector<EventField> fields) {
    EventFormat& event = formats.by_id[id];
    event.id = id;
    event.system = system;
    event.name = name;
    event.fields = std::move(fields);
  };
  add(1, "sched", "sched_switch",
      {field("prev_pid", 8, 4, true), field("prev_state", 12, 4, true), field("next_pid", 16, 4, true)});
  add(2, "sched", "sched_wakeup", {field("pid", 8, 4, true), field("target_cpu", 12, 4, true)});
  add(3, "sched", "sched_wakeup_new", {field("pid", 8, 4, true), field("target_cpu", 12, 4, true)});
  add(4, "sched", "sched_migrate_task",
      {field("pid", 8, 4, true), field("orig_cpu", 12, 4, true), field("dest_cpu", 16, 4, true)});
  return formats;
}

void analyse(const Records& records) {
  const Cancellation never;
  static const EventFormats formats = kernel_formats();
  const EventField pid = formats.common[1];
  for (std::size_t index = 0; index < records.size(); ++index) {
    const Event event = records.event(index);
    if (event.payload.empty() || records.address(index).value == 0) std::abort();
    static_cast<void>(records.time(index));
  }
  Selection selection;
  selection.types = {1, 2};
  selection.pids = {0, 1};
  if (!select(records, selection, pid, never)) std::abort();
  const Pairing pairing{2, 1, {{field("pid", 8, 4, true)}, false}, {{field("next_pid", 16, 4, true)}, true}};
  const auto pairs = pair_up(records, pairing, never);
  if (!pairs || pairs->pairs.size() > records.size()) std::abort();
  const auto groups = statistics(records, *pairs, {{pid, field("rest", 8, 8, false)}, true}, never);
  std::uint64_t counted = 0;
  for (const GroupStatistics& group : groups.value()) {
    counted += group.count;
    if (group.min > group.p50 || group.p50 > group.p90 || group.p90 > group.p99 || group.p99 > group.max) std::abort();
  }
  if (counted != pairs->pairs.size()) std::abort();
  QueueHints hints = queue_hints(records);
  hints.last = {{2, std::nullopt, 0}};
  if (!queue_lengths(records, scheduler_events(formats), hints, never)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Spread memory(std::as_bytes(std::span(data, size)));
  static const auto types = kernel_types();
  const Cancellation never;
  auto ring = read_ring_buffer({memory, *types, static_cast<std::int64_t>(kPage), 4}, kBase, never);
  if (!ring) return 0;
  std::vector<LoadedBuffer> buffers;
  buffers.push_back({TraceBuffer{}, *ring});
  buffers.push_back({TraceBuffer{}, std::move(*ring)});
  buffers.back().buffer.clock = {"x86-tsc", false};
  const auto records = Records::merge(std::move(buffers), never);
  if (records) analyse(*records);
  return 0;
}

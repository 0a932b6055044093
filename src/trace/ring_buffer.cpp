// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a ring buffer lies in memory. A `struct trace_buffer` has an array of pointers, one for each CPU; behind each
// stands a `struct ring_buffer_per_cpu`, whose sub-buffers form a ring: a `struct buffer_page` each, linked by `list`,
// that points to the sub-buffer itself (`struct buffer_data_page`: time stamp, committed bytes, events). One
// sub-buffer, the reader's, is outside the ring and holds what is oldest; then comes the one that the head flag in the
// pointer *to* it marks (the two lowest bits of a link are flags), since `head_page` is only where the kernel found it
// last; and so on up to `commit_page`. A sub-buffer is a page, or from Linux 6.8 on as many as `subbuf_order` says.
#include "trace/ring_buffer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "trace/limits.hpp"
#include "types/value.hpp"

namespace alicia::trace {
namespace {

using target::Layout;
using target::Slot;

constexpr std::uint64_t kFlags = 3;
constexpr std::uint64_t kHeadFlag = 1;
constexpr std::uint64_t kSmallestPage = 4096;
constexpr std::uint64_t kMostSubBuffer = std::uint64_t{1} << 20U;
constexpr std::size_t kMostBytes = std::size_t{8} << 30U;
constexpr std::size_t kFirstBlock = std::size_t{64} << 10U;
constexpr std::size_t kBlock = std::size_t{1} << 20U;  // later ones, at most
constexpr std::size_t kTell = std::size_t{16} << 20U;  // bytes between two words of progress
constexpr std::uint64_t kCommitMask = 0x3fff'ffff;     // the two bits above tell of lost events

/// The members that are read; found once.
struct Layouts {
  Slot buffers;
  std::optional<Slot> cpus, order, disabled, cpu_disabled;
  std::uint64_t buffer_size = 0;
  std::uint64_t cpu_size = 0;
  Slot cpu, head, commit, reader, entries, overrun, commit_overrun, dropped, read;
  std::uint64_t page_size = 0;
  Slot next, page_read, data;
  std::uint64_t header_size = 0;
  Slot stamp, committed;
};

/// Looks slots up until one is missing.
class Finder {
 public:
  Finder(const Layout& layout, std::optional<Error>& error) : layout_(layout), error_(error) {}
  Slot operator()(std::string_view path) {
    auto found = layout_.slot(path);
    if (found) return *found;
    if (!error_) error_ = found.error();
    return {};
  }

 private:
  const Layout& layout_;
  std::optional<Error>& error_;
};

Result<Layouts> find_layouts(types::TypeSystem& types) {
  const auto buffer = Layout::of(types, "struct trace_buffer");
  if (!buffer) return failure(buffer);
  const auto cpu = Layout::of(types, "struct ring_buffer_per_cpu");
  if (!cpu) return failure(cpu);
  const auto page = Layout::of(types, "struct buffer_page");
  if (!page) return failure(page);
  const auto data = Layout::of(types, "struct buffer_data_page");
  if (!data) return failure(data);
  Layouts found;
  std::optional<Error> error;
  Finder in_buffer(*buffer, error), in_cpu(*cpu, error), in_page(*page, error), in_data(*data, error);
  found.buffer_size = buffer->size();
  found.buffers = in_buffer("buffers");
  if (const auto cpus = buffer->slot("cpus")) found.cpus = *cpus;
  if (const auto order = buffer->slot("subbuf_order")) found.order = *order;
  if (const auto disabled = buffer->slot("record_disabled.counter")) found.disabled = *disabled;
  if (const auto disabled = cpu->slot("record_disabled.counter")) found.cpu_disabled = *disabled;
  found.cpu_size = cpu->size();
  found.cpu = in_cpu("cpu");
  found.head = in_cpu("head_page");
  found.commit = in_cpu("commit_page");
  found.reader = in_cpu("reader_page");
  found.entries = in_cpu("entries");
  found.overrun = in_cpu("overrun");
  found.commit_overrun = in_cpu("commit_overrun");
  found.dropped = in_cpu("dropped_events");
  found.read = in_cpu("read");
  found.page_size = page->size();
  found.next = in_page("list.next");
  found.page_read = in_page("read");
  found.data = in_page("page");
  found.stamp = in_data("time_stamp");
  found.committed = in_data("commit");
  const auto events = data->field("data");
  if (!events && !error) error = events.error();
  if (error) return tl::unexpected<Error>(*error);
  found.header_size = events->bit_offset / 8;
  return found;
}

class BufferReader {
 public:
  BufferReader(const MemoryReader& memory, const Layouts& layouts, RingBuffer& result, const Cancellation& cancellation,
               const std::function<void(std::size_t)>& told)
      : memory_(memory), at_(layouts), result_(result), cancellation_(cancellation), told_(told) {}

  void set_sub_buffer(std::uint64_t bytes) { sub_buffer_ = bytes; }
  /// Error: interrupted only; all else becomes a problem.
  Result<void> read_cpu(VirtualAddress address, bool counts_only);

 private:
  /// One `struct buffer_page`.
  struct Page {
    VirtualAddress address;
    VirtualAddress next;
    VirtualAddress data;
    std::uint32_t read = 0;
  };

  Result<Page> page(VirtualAddress address) const;
  std::optional<VirtualAddress> true_head(VirtualAddress guess) const;
  Result<void> read_pages(VirtualAddress reader, VirtualAddress commit, VirtualAddress recorded, CpuBuffer& cpu);
  void take(const Page& page, CpuBuffer& cpu);
  void problem(const CpuBuffer& cpu, std::string_view text) {
    result_.problems.push_back(fmt::format("CPU {}: {}", cpu.cpu, text));
  }

  const MemoryReader& memory_;
  const Layouts& at_;
  RingBuffer& result_;
  const Cancellation& cancellation_;
  const std::function<void(std::size_t)>& told_;
  std::uint64_t sub_buffer_ = 4096;
  std::size_t kept_ = 0;                     // bytes
  std::unordered_set<std::uint64_t> taken_;  // sub-buffers, of all CPUs
};

Result<BufferReader::Page> BufferReader::page(VirtualAddress address) const {
  std::array<std::byte, 256> bytes{};
  if (at_.page_size > bytes.size()) return failure(ErrorCode::corrupt, "struct buffer_page is too large to be true");
  const std::span<std::byte> used = std::span(bytes).first(static_cast<std::size_t>(at_.page_size));
  if (auto read = memory_.read(address, used); !read) return failure(std::move(read));
  Page page;
  page.address = address;
  page.next = VirtualAddress{at_.next.in(used)};
  page.data = VirtualAddress{at_.data.in(used)};
  page.read = static_cast<std::uint32_t>(at_.page_read.in(used));
  return page;
}

/// The page that the head flag marks, looked for from where the kernel saw it last.
std::optional<VirtualAddress> BufferReader::true_head(VirtualAddress guess) const {
  std::unordered_set<std::uint64_t> passed;
  for (VirtualAddress at = guess; passed.insert(at.value).second && !cancellation_.requested();) {
    const auto found = page(at);
    if (!found) return std::nullopt;
    const VirtualAddress next{(found->next.value & ~kFlags) - at_.next.offset};
    if ((found->next.value & kFlags) == kHeadFlag) return next;
    at = next;
  }
  return std::nullopt;
}

/// Copies what was committed to a sub-buffer.
void BufferReader::take(const Page& page, CpuBuffer& cpu) {
  if (page.data.value % kSmallestPage != 0 || kept_ > kMostBytes) {
    problem(cpu, fmt::format("left out a sub-buffer at {:#x}: {}", page.data.value,
                             kept_ > kMostBytes ? "too many bytes" : "no page begins there"));
    return;
  }
  if (!taken_.insert(page.data.value).second) {
    problem(cpu, fmt::format("sub-buffer {:#x} is in the ring twice", page.data.value));
    return;
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(sub_buffer_));
  std::span<std::byte> readable(bytes);
  if (const auto read = memory_.read(page.data, bytes); !read) {
    // What is before the first absent byte is still worth having.
    const std::uint64_t missing = read.error().address.value_or(page.data.value);
    const std::uint64_t before = missing > page.data.value ? missing - page.data.value : 0;
    problem(cpu,
            fmt::format("lost a sub-buffer{}: {}", before > at_.header_size ? "'s end" : "", read.error().message));
    if (before <= at_.header_size || before >= bytes.size()) return;
    readable = readable.first(static_cast<std::size_t>(before));
    if (!memory_.read(page.data, readable)) return;
  }
  std::uint64_t committed = at_.committed.in(readable)&kCommitMask;
  const std::uint64_t room = readable.size() - at_.header_size;
  if (committed > room) {
    problem(cpu,
            fmt::format("sub-buffer {:#x} claims {} committed bytes and has {}", page.data.value, committed, room));
    committed = room;
  }
  SubBuffer taken;
  taken.address = page.data + at_.header_size;
  taken.read = page.read;
  taken.stamp = at_.stamp.in(readable);
  result_.add(cpu, taken,
              readable.subspan(static_cast<std::size_t>(at_.header_size), static_cast<std::size_t>(committed)));
  const std::size_t before = kept_;
  kept_ += static_cast<std::size_t>(committed);
  if (told_ && before / kTell != kept_ / kTell) told_(kept_);
}

/// From the reader's sub-buffer to the one that is being written.
Result<void> BufferReader::read_pages(VirtualAddress reader, VirtualAddress commit, VirtualAddress recorded,
                                      CpuBuffer& cpu) {
  if (const auto first = page(reader)) {
    take(*first, cpu);
  } else {
    problem(cpu, fmt::format("lost the reader's sub-buffer: {}", first.error().message));
  }
  if (reader != commit) {
    const auto head = true_head(recorded);
    if (!head) problem(cpu, "no page of the ring is marked as its head; begins where the kernel saw it last");
    VirtualAddress at = head.value_or(recorded);
    std::unordered_set<std::uint64_t> passed;
    while (true) {
      if (cancellation_.requested()) return failure(ErrorCode::interrupted, "interrupted");
      if (!passed.insert(at.value).second) {
        problem(cpu, fmt::format("the ring comes back to page {:#x} before its end", at.value));
        break;
      }
      const auto here = page(at);
      if (!here) {
        problem(cpu, fmt::format("lost what follows in the ring: {}", here.error().message));
        break;
      }
      take(*here, cpu);
      if (at == commit) break;
      at = VirtualAddress{(here->next.value & ~kFlags) - at_.next.offset};
    }
  }
  return {};
}

Result<void> BufferReader::read_cpu(VirtualAddress address, bool counts_only) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(at_.cpu_size));
  CpuBuffer cpu;
  if (const auto read = memory_.read(address, bytes); !read) {
    result_.problems.push_back(fmt::format("lost a CPU's buffer: {}", read.error().message));
    return {};
  }
  cpu.cpu = static_cast<unsigned>(at_.cpu.in(bytes));
  cpu.entries = at_.entries.in(bytes);
  cpu.overrun = at_.overrun.in(bytes);
  cpu.commit_overrun = at_.commit_overrun.in(bytes);
  cpu.dropped = at_.dropped.in(bytes);
  cpu.read = at_.read.in(bytes);
  if (!at_.cpu_disabled || at_.cpu_disabled->in(bytes) != 0) result_.is_recording = false;
  if (cpu.cpu >= kMostCpus) {
    result_.problems.push_back(fmt::format("lost a CPU's buffer: {:#x} says it is CPU {}'s", address.value, cpu.cpu));
    return {};
  }
  if (!counts_only) {
    if (auto read = read_pages(VirtualAddress{at_.reader.in(bytes)}, VirtualAddress{at_.commit.in(bytes)},
                               VirtualAddress{at_.head.in(bytes)}, cpu);
        !read)
      return failure(std::move(read));
  }
  result_.cpus.push_back(std::move(cpu));
  return {};
}

}  // namespace

void RingBuffer::add(CpuBuffer& cpu, SubBuffer page, std::span<const std::byte> events) {
  if (blocks.empty() || blocks.back().capacity() - blocks.back().size() < events.size()) {
    // What was written little to takes little.
    const std::size_t room = blocks.empty() ? kFirstBlock : std::min(kBlock, blocks.back().capacity() * 4);
    blocks.emplace_back();
    blocks.back().reserve(std::max(room, events.size()));
  }
  std::vector<std::byte>& block = blocks.back();
  page.block = static_cast<std::uint32_t>(blocks.size() - 1);
  page.offset = static_cast<std::uint32_t>(block.size());
  page.size = static_cast<std::uint32_t>(events.size());
  block.insert(block.end(), events.begin(), events.end());
  cpu.pages.push_back(page);
}

std::size_t RingBuffer::committed() const {
  std::size_t bytes = 0;
  for (const auto& block : blocks)
    bytes += block.size();
  return bytes;
}

Result<RingBuffer> read_ring_buffer(const RingBufferMachine& machine, VirtualAddress address,
                                    const Cancellation& cancellation, const std::function<void(std::size_t)>& told) {
  const auto layouts = find_layouts(machine.types);
  if (!layouts) return failure(layouts);
  std::vector<std::byte> bytes(static_cast<std::size_t>(layouts->buffer_size));
  if (auto read = machine.memory.read(address, bytes); !read) return failure(std::move(read));

  RingBuffer result;
  result.is_recording = layouts->disabled && layouts->disabled->in(bytes) == 0;
  BufferReader reader(machine.memory, *layouts, result, cancellation, told);
  const std::int64_t page_size = machine.page_bytes;
  const std::uint64_t order = layouts->order ? layouts->order->in(bytes) : 0;
  if (page_size < static_cast<std::int64_t>(kSmallestPage) || page_size > 65536 || order > 16 ||
      (static_cast<std::uint64_t>(page_size) << order) > kMostSubBuffer)
    return failure(ErrorCode::corrupt,
                   fmt::format("the ring buffer at {:#x} has sub-buffers of order {}", address.value, order),
                   address.value);
  result.page_bytes = static_cast<std::size_t>(page_size) << order;
  reader.set_sub_buffer(result.page_bytes);

  const std::uint64_t claimed = layouts->cpus ? layouts->cpus->in(bytes) : machine.possible_cpus;
  const auto cpus = static_cast<unsigned>(std::min<std::uint64_t>({claimed, machine.possible_cpus, kMostCpus}));
  const VirtualAddress buffers{layouts->buffers.in(bytes)};
  std::unordered_set<std::uint64_t> seen;
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    const auto at = types::read_pointer(machine.memory, machine.types,
                                        buffers + std::uint64_t{cpu} * machine.types.pointer_bytes());
    if (!at) {
      result.problems.push_back(fmt::format("lost the buffers from CPU {} on: {}", cpu, at.error().message));
      break;
    }
    if (at->value == 0) continue;  // never online
    if (!seen.insert(at->value).second) {
      result.problems.push_back(fmt::format("CPU {}'s buffer is another CPU's too", cpu));
      continue;
    }
    if (const auto read = reader.read_cpu(*at, machine.counts_only); !read) return failure(read);
  }
  return result;
}

}  // namespace alicia::trace

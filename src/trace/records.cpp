// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "base/bytes.hpp"
#include "trace/page_cursor.hpp"

namespace alicia::trace {
namespace {

constexpr std::size_t kSmallestEvent = 12;  // a header and the common fields
constexpr std::size_t kPoll = 65536;        // events between two looks at the cancellation

/// Walks one CPU's events in one buffer.
class CpuCursor {
 public:
  CpuCursor(const RingBuffer& ring, const CpuBuffer& cpu, std::uint16_t owner, std::uint16_t group)
      : ring_(ring), cpu_(cpu), owner_(owner), group_(group), page_({}, 0) {}

  /// Goes to the next event; false at the end.
  bool advance(std::vector<std::string>& problems);

  const CpuBuffer& cpu() const { return cpu_; }
  std::uint16_t owner() const { return owner_; }
  std::uint64_t time() const { return event_.time; }
  std::uint32_t place() const { return static_cast<std::uint32_t>((offset_ + event_.header) / 4); }
  std::uint16_t type() const {
    return event_.size < 2 ? std::uint16_t{0} : load<std::uint16_t>(ring_.bytes, offset_ + event_.payload);
  }
  /// Order among cursors.
  auto key() const { return std::tuple(group_, event_.time, cpu_.cpu, owner_); }

 private:
  const RingBuffer& ring_;
  const CpuBuffer& cpu_;
  std::uint16_t owner_;
  std::uint16_t group_;
  PageCursor page_;
  std::size_t next_page_ = 0;
  std::size_t offset_ = 0;
  std::uint32_t read_ = 0;
  RawEvent event_;
};

bool CpuCursor::advance(std::vector<std::string>& problems) {
  while (true) {
    while (const auto event = page_.next()) {
      if (event->header < read_) continue;
      event_ = *event;
      return true;
    }
    if (page_.lost() != 0) {
      const SubBuffer& page = cpu_.pages[next_page_ - 1];
      problems.push_back(fmt::format("CPU {}: lost {} of {} bytes of sub-buffer {:#x}, no event begins there", cpu_.cpu,
                                     page_.lost(), page.size, page.address.value));
    }
    if (next_page_ == cpu_.pages.size()) return false;
    const SubBuffer& page = cpu_.pages[next_page_++];
    page_ = PageCursor(ring_.data(page), page.stamp);
    offset_ = static_cast<std::size_t>(page.offset);
    read_ = page.read;
  }
}

struct Later {
  bool operator()(const CpuCursor* left, const CpuCursor* right) const { return left->key() > right->key(); }
};

}  // namespace

/// Room for what the kernel counted, as far as the bytes can hold so many.
void Records::reserve() {
  std::size_t events = 0;
  for (const LoadedBuffer& loaded : buffers_) {
    std::uint64_t counted = 0;
    for (const CpuBuffer& cpu : loaded.ring.cpus)
      counted += std::min<std::uint64_t>(cpu.entries, loaded.ring.bytes.size());
    events += std::min<std::size_t>(static_cast<std::size_t>(counted), loaded.ring.bytes.size() / kSmallestEvent);
  }
  times_.reserve(events);
  places_.reserve(events);
  types_.reserve(events);
  cpus_.reserve(events);
  owners_.reserve(events);
}

Result<Records> Records::merge(std::vector<LoadedBuffer> buffers, const Cancellation& cancellation,
                               const std::function<void(std::size_t)>& told) {
  Records result;
  result.buffers_ = std::move(buffers);
  std::vector<CpuCursor> cursors;
  std::vector<Clock> clocks;
  for (std::size_t owner = 0; owner < result.buffers_.size(); ++owner) {
    const LoadedBuffer& loaded = result.buffers_[owner];
    auto group = std::ranges::find(clocks, loaded.buffer.clock);
    if (group == clocks.end()) group = clocks.insert(group, loaded.buffer.clock);
    for (const std::string& problem : loaded.ring.problems)
      result.problems_.push_back(problem);
    for (const CpuBuffer& cpu : loaded.ring.cpus)
      cursors.emplace_back(loaded.ring, cpu, static_cast<std::uint16_t>(owner),
                           static_cast<std::uint16_t>(group - clocks.begin()));
  }
  result.reserve();
  std::priority_queue<CpuCursor*, std::vector<CpuCursor*>, Later> queue;
  for (CpuCursor& cursor : cursors) {
    if (cursor.advance(result.problems_)) queue.push(&cursor);
  }
  while (!queue.empty()) {
    CpuCursor* const cursor = queue.top();
    queue.pop();
    // As long as this one stays first, the queue needs no rearranging.
    do {
      result.times_.push_back(cursor->time());
      result.places_.push_back(cursor->place());
      result.types_.push_back(cursor->type());
      result.cpus_.push_back(static_cast<std::uint16_t>(cursor->cpu().cpu));
      result.owners_.push_back(cursor->owner());
      if (result.times_.size() % kPoll == 0) {
        if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
        if (told) told(result.times_.size());
      }
      if (!cursor->advance(result.problems_)) break;
      if (!queue.empty() && cursor->key() > queue.top()->key()) {
        queue.push(cursor);
        break;
      }
    } while (true);
  }
  return result;
}

std::span<const std::byte> Records::payload(std::size_t index) const {
  const std::span<const std::byte> bytes(buffers_[owners_[index]].ring.bytes);
  const std::size_t header = std::size_t{places_[index]} * 4;
  const auto event = payload_of(bytes.subspan(header), 0);
  return event ? bytes.subspan(header + event->payload, event->size) : std::span<const std::byte>();
}

VirtualAddress Records::address(std::size_t index) const {
  const RingBuffer& ring = buffers_[owners_[index]].ring;
  const std::uint64_t place = std::uint64_t{places_[index]} * 4;
  for (const CpuBuffer& cpu : ring.cpus) {
    if (cpu.cpu != cpus_[index] || cpu.pages.empty()) continue;
    // A CPU's sub-buffers were copied one behind the other.
    const auto behind = std::ranges::upper_bound(cpu.pages, place, {}, &SubBuffer::offset);
    if (behind == cpu.pages.begin()) continue;
    const SubBuffer& page = *std::prev(behind);
    if (place - page.offset < page.size) return page.address + (place - page.offset);
  }
  return {};
}

}  // namespace alicia::trace

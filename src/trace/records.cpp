// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <queue>
#include <tuple>
#include <utility>

#include "base/bytes.hpp"
#include "trace/limits.hpp"
#include "trace/page_cursor.hpp"

namespace alicia::trace {
namespace {

constexpr std::size_t kSmallestEvent = 12;                                 // a header and the common fields
constexpr std::uint32_t kFar = std::numeric_limits<std::uint32_t>::max();  // a delay that wants more than 32 bits

/// Walks one CPU's events in one buffer.
class CpuCursor {
 public:
  /// @param first the number of the CPU's first sub-buffer
  CpuCursor(const RingBuffer& ring, const CpuBuffer& cpu, std::size_t first, std::uint16_t owner, std::uint16_t group)
      : ring_(ring), cpu_(cpu), first_(first), owner_(owner), group_(group), page_({}, 0) {}

  /// Goes to the next event; false at the end.
  bool advance(std::vector<std::string>& problems);

  /// The number of the event's sub-buffer, and of its header's word in there.
  std::uint32_t place(unsigned page_shift) const {
    return static_cast<std::uint32_t>((first_ + next_page_ - 1) << page_shift) + event_.header / 4;
  }
  std::uint32_t delay() const {
    const std::uint64_t passed = event_.time - cpu_.pages[next_page_ - 1].stamp;
    return passed < kFar ? static_cast<std::uint32_t>(passed) : kFar;
  }
  std::uint64_t time() const { return event_.time; }
  /// Order among cursors.
  auto key() const { return std::tuple(group_, event_.time, cpu_.cpu, owner_); }

 private:
  const RingBuffer& ring_;
  const CpuBuffer& cpu_;
  std::size_t first_;
  std::uint16_t owner_;
  std::uint16_t group_;
  PageCursor page_;
  std::size_t next_page_ = 0;
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
    read_ = page.read;
  }
}

struct Later {
  bool operator()(const CpuCursor* left, const CpuCursor* right) const { return left->key() > right->key(); }
};

}  // namespace

/// Gives each sub-buffer a number, by which places tell it.
Result<void> Records::number_pages() {
  std::size_t largest = 4096;
  for (std::size_t owner = 0; owner < buffers_.size(); ++owner) {
    largest = std::max(largest, buffers_[owner].ring.page_bytes);
    for (const CpuBuffer& cpu : buffers_[owner].ring.cpus) {
      for (const SubBuffer& part : cpu.pages)
        pages_.push_back({&part, static_cast<std::uint16_t>(cpu.cpu), static_cast<std::uint16_t>(owner)});
    }
  }
  page_shift_ = static_cast<unsigned>(std::bit_width(largest / 4 - 1));
  if (pages_.size() > std::size_t{kFar} >> page_shift_)
    return failure(ErrorCode::not_supported, "more than 16 GB of events at once: collect fewer buffers");
  return {};
}

/// Room for what the kernel counted, as far as the bytes can hold so many.
void Records::reserve() {
  std::size_t events = 0;
  for (const LoadedBuffer& loaded : buffers_) {
    const std::size_t most = loaded.ring.committed() / kSmallestEvent;
    std::uint64_t counted = 0;
    for (const CpuBuffer& cpu : loaded.ring.cpus)
      counted += std::min<std::uint64_t>(cpu.entries - std::min(cpu.entries, cpu.overrun), most);
    events += std::min(static_cast<std::size_t>(counted), most);
  }
  places_.reserve(events);
  delays_.reserve(events);
}

Result<Records> Records::merge(std::vector<LoadedBuffer> buffers, const Cancellation& cancellation,
                               const std::function<void(std::size_t)>& told) {
  Records result;
  result.buffers_ = std::move(buffers);
  if (auto numbered = result.number_pages(); !numbered) return failure(std::move(numbered));
  std::vector<CpuCursor> cursors;
  std::vector<Clock> clocks;
  std::size_t first = 0;
  for (std::size_t owner = 0; owner < result.buffers_.size(); ++owner) {
    const LoadedBuffer& loaded = result.buffers_[owner];
    auto group = std::ranges::find(clocks, loaded.buffer.clock);
    if (group == clocks.end()) group = clocks.insert(group, loaded.buffer.clock);
    for (const std::string& problem : loaded.ring.problems)
      result.problems_.push_back(problem);
    for (const CpuBuffer& cpu : loaded.ring.cpus) {
      cursors.emplace_back(loaded.ring, cpu, first, static_cast<std::uint16_t>(owner),
                           static_cast<std::uint16_t>(group - clocks.begin()));
      first += cpu.pages.size();
    }
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
      result.places_.push_back(cursor->place(result.page_shift_));
      result.delays_.push_back(cursor->delay());
      if (result.delays_.back() == kFar)
        result.far_.emplace_back(static_cast<std::uint32_t>(result.delays_.size() - 1), cursor->time());
      if (result.places_.size() % kPoll == 0) {
        if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
        if (told) told(result.places_.size());
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

Event Records::event(std::size_t index) const {
  const Page& page = page_of(index);
  const auto data = data_of(page);
  Event result;
  result.cpu = page.cpu;
  result.buffer = page.owner;
  if (const auto found = payload_of(data, header_of(index))) result.payload = data.subspan(found->payload, found->size);
  if (result.payload.size() >= 2) result.type = load<std::uint16_t>(result.payload);
  return result;
}

std::uint64_t Records::time(std::size_t index) const {
  if (delays_[index] != kFar) return page_of(index).part->stamp + delays_[index];
  return std::ranges::lower_bound(far_, index, {}, &std::pair<std::uint32_t, std::uint64_t>::first)->second;
}

VirtualAddress Records::address(std::size_t index) const {
  return page_of(index).part->address + header_of(index);
}

}  // namespace alicia::trace

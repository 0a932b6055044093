// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "trace/ring_buffer.hpp"
#include "trace/trace_arrays.hpp"

namespace alicia::trace {

/// A buffer and what was read of it.
struct LoadedBuffer {
  TraceBuffer buffer;
  RingBuffer ring;
};

/// One event as an analysis sees it.
struct Event {
  std::uint16_t type = 0;  ///< its kind's number
  std::uint16_t cpu = 0;
  std::uint16_t buffer = 0;            ///< which of those collected it is of
  std::span<const std::byte> payload;  ///< the record as it was written, common fields first
};

/// Events of one or more buffers, in the order in which the kernel prints them: by time, of equal times the lower CPU's
/// first; buffers whose clocks differ one after the other. Eight bytes an event beside its payload: where it lies, and
/// how long after its sub-buffer began; all else is taken from there when it is asked for.
class Records {
 public:
  /// @param told how many there are so far, now and then. Errors: interrupted; not_supported (more than places can
  /// tell).
  static Result<Records> merge(std::vector<LoadedBuffer> buffers, const Cancellation& cancellation,
                               const std::function<void(std::size_t)>& told = {});

  Records(Records&&) = default;
  Records& operator=(Records&&) = default;
  Records(const Records&) = delete;  // pages point into the buffers
  Records& operator=(const Records&) = delete;
  ~Records() = default;

  std::size_t size() const { return places_.size(); }
  Event event(std::size_t index) const;
  /// In the units of the clock of the event's buffer.
  std::uint64_t time(std::size_t index) const;

  const std::vector<LoadedBuffer>& buffers() const { return buffers_; }
  /// Bytes that were committed and could not be made out, and the like; those of the buffers included.
  const std::vector<std::string>& problems() const { return problems_; }

  unsigned cpu(std::size_t index) const { return page_of(index).cpu; }
  std::uint16_t type(std::size_t index) const { return event(index).type; }
  std::size_t buffer(std::size_t index) const { return page_of(index).owner; }
  const TraceBuffer& buffer_of(std::size_t index) const { return buffers_[buffer(index)].buffer; }
  /// The record as the kernel wrote it, common fields first.
  std::span<const std::byte> payload(std::size_t index) const { return event(index).payload; }
  /// Where the record lies in the dump.
  VirtualAddress address(std::size_t index) const;

 private:
  Records() = default;

  /// A sub-buffer with events in it.
  struct Page {
    const SubBuffer* part;
    std::uint16_t cpu, owner;
  };

  Result<void> number_pages();
  void reserve();
  const Page& page_of(std::size_t index) const { return pages_[places_[index] >> page_shift_]; }
  std::span<const std::byte> data_of(const Page& page) const { return buffers_[page.owner].ring.data(*page.part); }
  /// Where in its sub-buffer the event's header lies, in bytes.
  std::uint32_t header_of(std::size_t index) const { return (places_[index] & ((1U << page_shift_) - 1)) * 4; }

  std::vector<LoadedBuffer> buffers_;
  std::vector<std::string> problems_;
  std::vector<Page> pages_;  // the sub-buffers of all buffers and CPUs, one behind the other
  unsigned page_shift_ = 10;
  std::vector<std::uint32_t> places_;                         // number of the page, and words from its start
  std::vector<std::uint32_t> delays_;                         // time since the page's stamp
  std::vector<std::pair<std::uint32_t, std::uint64_t>> far_;  // by index: times where the delay wants more bits
};

}  // namespace alicia::trace

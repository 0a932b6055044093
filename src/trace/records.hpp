// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
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

/// Events of one or more buffers, in the order in which the kernel prints them: by time, of equal times the lower CPU's
/// first; buffers whose clocks differ one after the other. Kept as columns, 18 bytes an event beside its payload.
class Records {
 public:
  /// @param told how many there are so far, now and then. Error: interrupted.
  static Result<Records> merge(std::vector<LoadedBuffer> buffers, const Cancellation& cancellation,
                               const std::function<void(std::size_t)>& told = {});

  std::size_t size() const { return times_.size(); }
  const std::vector<LoadedBuffer>& buffers() const { return buffers_; }
  /// Bytes that were committed and could not be made out, and the like; those of the buffers included.
  const std::vector<std::string>& problems() const { return problems_; }

  std::uint64_t time(std::size_t index) const { return times_[index]; }
  unsigned cpu(std::size_t index) const { return cpus_[index]; }
  std::uint16_t type(std::size_t index) const { return types_[index]; }
  std::size_t buffer(std::size_t index) const { return owners_[index]; }
  const TraceBuffer& buffer_of(std::size_t index) const { return buffers_[owners_[index]].buffer; }
  /// The record as the kernel wrote it, common fields first.
  std::span<const std::byte> payload(std::size_t index) const;
  /// Where the record lies in the dump.
  VirtualAddress address(std::size_t index) const;

 private:
  void reserve();

  std::vector<LoadedBuffer> buffers_;
  std::vector<std::string> problems_;
  std::vector<std::uint64_t> times_;
  std::vector<std::uint32_t> places_;  // of the headers, in words from the start of the buffer's bytes
  std::vector<std::uint16_t> types_, cpus_, owners_;
};

}  // namespace alicia::trace

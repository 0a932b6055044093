// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "trace/ring_buffer.hpp"
#include "trace/trace_arrays.hpp"

namespace alicia::trace::lkst {

/// One CPU's part of a buffer.
struct Ring {
  unsigned cpu = 0;
  VirtualAddress records;
  std::uint64_t capacity = 0;  ///< in records; 0 where it could not be made out
  std::uint64_t position = 0;  ///< how many were written since it was made
};

/// A buffer of LKST's.
struct Buffer {
  std::uint32_t id = 0;
  VirtualAddress address;
  bool is_active = false;  ///< what was recorded to when the dump was made
  Clock clock;
  std::vector<Ring> rings;
};

struct Buffers {
  std::vector<Buffer> buffers;  ///< in the order in which they were made
  std::vector<std::string> problems;
};

/// The buffers that hang on the module's `lkst_anchor`. What is damaged costs what hangs on it and becomes a problem.
/// Errors: the anchor cannot be read, or is of another version; interrupted.
Result<Buffers> list_buffers(const MemoryReader& memory, VirtualAddress anchor, unsigned possible_cpus,
                             const Cancellation& cancellation);

/// A buffer's records, laid out as the kernel's ring buffers are, so that all that reads those reads these: each record
/// keeps its 64 bytes, which become a time stamp, an event's header and 52 bytes of members. A record whose mark or CPU
/// is not right is lost; where their serial numbers are not in the order of their places, they are put in order.
/// Error: interrupted.
Result<RingBuffer> read_buffer(const MemoryReader& memory, const Buffer& buffer, const Cancellation& cancellation);

}  // namespace alicia::trace::lkst

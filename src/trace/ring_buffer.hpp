// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "types/type_system.hpp"

namespace alicia::trace {

/// What was committed to one sub-buffer, oldest event first.
struct SubBuffer {
  VirtualAddress address;    ///< of its data, behind time stamp and count
  std::uint64_t offset = 0;  ///< of the copy, in the ring buffer's bytes
  std::uint32_t size = 0;    ///< committed bytes
  std::uint32_t read = 0;    ///< bytes that were consumed already
  std::uint64_t stamp = 0;
};

/// One CPU's part of a ring buffer, with the kernel's own counts.
struct CpuBuffer {
  unsigned cpu = 0;
  std::vector<SubBuffer> pages;
  std::uint64_t entries = 0;         ///< written
  std::uint64_t overrun = 0;         ///< overwritten
  std::uint64_t commit_overrun = 0;  ///< lost because interrupts filled the whole buffer
  std::uint64_t dropped = 0;         ///< lost because the buffer was full, and not to be overwritten
  std::uint64_t read = 0;            ///< consumed
};

/// A ring buffer's events as bytes, copied out of the dump.
struct RingBuffer {
  std::size_t page_bytes = 4096;  ///< of a sub-buffer, its time stamp and count included
  std::vector<std::byte> bytes;
  std::vector<CpuBuffer> cpus;
  std::vector<std::string> problems;  ///< what could not be read, one line each

  std::span<const std::byte> data(const SubBuffer& page) const {
    return std::span(bytes).subspan(static_cast<std::size_t>(page.offset), page.size);
  }
};

/// What has to be known of a machine to read its ring buffers. Borrowed.
struct RingBufferMachine {
  const MemoryReader& memory;
  types::TypeSystem& types;
  std::int64_t page_bytes = 4096;
  unsigned possible_cpus = 0;
};

/// Reads the `struct trace_buffer` at `address`. A page that cannot be read, or a list that is damaged, costs what lies
/// there and becomes a problem. Errors: the buffer itself cannot be read, or the kernel has no such types; interrupted.
Result<RingBuffer> read_ring_buffer(const RingBufferMachine& machine, VirtualAddress address,
                                    const Cancellation& cancellation);

}  // namespace alicia::trace

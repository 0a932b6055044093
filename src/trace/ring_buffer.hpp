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
#include "base/memory_reader.hpp"
#include "types/type_system.hpp"

namespace alicia::trace {

/// What was committed to one sub-buffer, oldest event first.
struct SubBuffer {
  VirtualAddress address;               ///< of its data, behind time stamp and count
  std::uint32_t block = 0, offset = 0;  ///< where the copy lies: which of the ring buffer's blocks, and where in it
  std::uint32_t size = 0;               ///< committed bytes
  std::uint32_t read = 0;               ///< bytes that were consumed already
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

/// A ring buffer's events as bytes, copied out of the dump. They lie in blocks, which never move: a single vector would
/// need the memory of two while it grows.
struct RingBuffer {
  std::size_t page_bytes = 4096;  ///< of a sub-buffer, its time stamp and count included
  std::vector<std::vector<std::byte>> blocks;
  std::vector<CpuBuffer> cpus;
  bool is_recording = false;          ///< when the dump was made, on every CPU
  std::vector<std::string> problems;  ///< what could not be read, one line each

  std::span<const std::byte> data(const SubBuffer& page) const {
    return std::span(blocks[page.block]).subspan(page.offset, page.size);
  }
  /// Copies a sub-buffer's events, and notes where they lie.
  void add(CpuBuffer& cpu, SubBuffer page, std::span<const std::byte> events);
  /// How many bytes were committed to all sub-buffers.
  std::size_t committed() const;
};

/// What has to be known of a machine to read its ring buffers. Borrowed.
struct RingBufferMachine {
  const MemoryReader& memory;
  types::TypeSystem& types;
  std::int64_t page_bytes = 4096;
  unsigned possible_cpus = 0;
  bool counts_only = false;  ///< leave the sub-buffers alone
};

/// Reads the `struct trace_buffer` at `address`. A page that cannot be read, or a list that is damaged, costs what lies
/// there and becomes a problem. Errors: the buffer itself cannot be read, or the kernel has no such types; interrupted.
/// @param told how many bytes were copied so far, now and then
Result<RingBuffer> read_ring_buffer(const RingBufferMachine& machine, VirtualAddress address,
                                    const Cancellation& cancellation,
                                    const std::function<void(std::size_t)>& told = {});

}  // namespace alicia::trace

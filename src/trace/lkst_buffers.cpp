// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/lkst_buffers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <set>
#include <span>
#include <utility>

#include "trace/lkst_table.hpp"

namespace alicia::trace::lkst {
namespace {

constexpr std::uint64_t kMostBuffers = 4096;
constexpr std::uint64_t kMostRecords = std::uint64_t{1} << 22U;  // of a ring: the module makes none larger
constexpr std::size_t kChunk = 4096;                             // read at once: the unit in which memory is absent
constexpr std::uint64_t kChunkRecords = kChunk / kRecordBytes;
constexpr std::size_t kRunBytes = 4096;  // of a sub-buffer

Result<std::vector<std::byte>> bytes_at(const MemoryReader& memory, std::uint64_t address, std::uint64_t count) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(count));
  if (auto read = memory.read(VirtualAddress{address}, bytes); !read) return failure(std::move(read));
  return bytes;
}

class Lister {
 public:
  Lister(const MemoryReader& memory, unsigned possible_cpus) : memory_(memory), possible_cpus_(possible_cpus) {}

  /// Returns the address of the next buffer.
  Result<std::uint64_t> add(std::uint64_t address, Buffers& into) const;

 private:
  Result<Ring> ring(std::uint64_t address) const;

  const MemoryReader& memory_;
  unsigned possible_cpus_;
};

Result<Ring> Lister::ring(std::uint64_t address) const {
  const auto bytes = bytes_at(memory_, address, kRingBytes);
  if (!bytes) return failure(bytes);
  Ring made;
  made.records = VirtualAddress{ring::records.in(*bytes)};
  made.position = ring::position.in(*bytes);
  made.capacity = ring::capacity.in(*bytes);
  if (!std::has_single_bit(made.capacity) || made.capacity > kMostRecords)
    return failure(ErrorCode::corrupt, fmt::format("a size of {} records cannot be true", made.capacity));
  return made;
}

Result<std::uint64_t> Lister::add(std::uint64_t address, Buffers& into) const {
  const auto bytes = bytes_at(memory_, address, kBufferBytes);
  if (!bytes) return failure(bytes);
  Buffer made;
  made.address = VirtualAddress{address};
  made.id = static_cast<std::uint32_t>(buffer::id.in(*bytes));
  const std::uint64_t clock = buffer::clock.in(*bytes);
  made.clock = clock == LKST_CLOCK_TSC ? Clock{"tsc", false} : Clock{"local", true};
  if (clock > LKST_CLOCK_TSC)
    into.problems.push_back(fmt::format("buffer {}: there is no clock {}, taken for nanoseconds", made.id, clock));
  std::uint64_t cpus = buffer::cpus.in(*bytes);
  if (cpus > possible_cpus_) {
    into.problems.push_back(fmt::format("buffer {}: a count of {} CPUs cannot be true", made.id, cpus));
    cpus = possible_cpus_;
  }
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    const auto place = bytes_at(memory_, address + kBufferBytes + std::uint64_t{8} * cpu, 8);
    const std::uint64_t at = place ? target::Slot{0, 8}.in(*place) : 0;
    if (place && at == 0) continue;  // no such CPU
    auto found = place ? ring(at) : Result<Ring>(failure(place));
    if (!found) {
      into.problems.push_back(
          fmt::format("buffer {}: lost what CPU {} recorded: {}", made.id, cpu, found.error().message));
      continue;
    }
    found->cpu = cpu;
    made.rings.push_back(*found);
  }
  into.buffers.push_back(std::move(made));
  return buffer::next.in(*bytes);
}

/// One ring's records, and what is wrong with them.
class RingReader {
 public:
  RingReader(const MemoryReader& memory, const Buffer& buffer, const Ring& ring)
      : memory_(memory), buffer_(buffer), ring_(ring) {}

  /// Error: interrupted.
  Result<void> read(const Cancellation& cancellation);
  /// Appends them to a ring buffer.
  void append(RingBuffer& into) const;
  std::vector<std::string> problems() const;

 private:
  struct Record {
    std::uint64_t serial, time;
    std::uint64_t place;  // of the slot
    std::size_t at;       // of its copy
  };

  void take(std::uint64_t first, std::span<const std::byte> chunk);
  std::span<const std::byte> bytes_of(const Record& record) const {
    return std::span(bytes_).subspan(record.at, kRecordBytes);
  }
  /// The slot holds a record by what the ring's position says.
  bool expected(std::uint64_t place) const { return place < ring_.position; }

  const MemoryReader& memory_;
  const Buffer& buffer_;
  const Ring& ring_;
  std::vector<std::byte> bytes_;  // of the records: a ring that points nowhere costs no memory
  std::vector<Record> records_;
  std::uint64_t unreadable_ = 0, damaged_ = 0, unexpected_ = 0;
  std::string why_;
  bool was_ordered_ = true, time_goes_back_ = false;
};

void RingReader::take(std::uint64_t first, std::span<const std::byte> chunk) {
  for (std::uint64_t index = 0; index * kRecordBytes < chunk.size(); ++index) {
    const auto bytes = chunk.subspan(static_cast<std::size_t>(index * kRecordBytes), kRecordBytes);
    const std::uint64_t place = first + index;
    const std::uint64_t type = record::event_type.in(bytes);
    if (record::mark.in(bytes) != LKST_MARK || record::cpu.in(bytes) != ring_.cpu || type == 0 || type > 0xffff) {
      if (expected(place)) ++damaged_;
      continue;
    }
    if (!expected(place)) ++unexpected_;
    records_.push_back({record::serial.in(bytes), record::time.in(bytes), place, bytes_.size()});
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
}

Result<void> RingReader::read(const Cancellation& cancellation) {
  std::vector<std::byte> chunk(kChunk);
  for (std::uint64_t place = 0; place < ring_.capacity; place += kChunkRecords) {
    if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    const std::uint64_t count = std::min(kChunkRecords, ring_.capacity - place);
    const std::span<std::byte> part(chunk.data(), static_cast<std::size_t>(count * kRecordBytes));
    const VirtualAddress at = ring_.records + place * kRecordBytes;
    if (const auto read = memory_.read(at, part); !read) {
      for (std::uint64_t slot = place; slot < place + count; ++slot)
        unreadable_ += expected(slot) ? 1U : 0U;
      if (why_.empty()) why_ = read.error().message;
    } else {
      take(place, part);
    }
  }
  // The oldest first: it lies where the next one would have been written.
  const std::uint64_t oldest = ring_.position > ring_.capacity ? ring_.position & (ring_.capacity - 1) : 0;
  const auto first = std::ranges::lower_bound(records_, oldest, {}, &Record::place);
  std::ranges::rotate(records_, first);
  was_ordered_ = std::ranges::is_sorted(records_, {}, &Record::serial);
  if (!was_ordered_) std::ranges::stable_sort(records_, {}, &Record::serial);
  time_goes_back_ = !std::ranges::is_sorted(records_, {}, &Record::time);
  return {};
}

std::vector<std::string> RingReader::problems() const {
  const std::string who = fmt::format("buffer {}, CPU {}: ", buffer_.id, ring_.cpu);
  std::vector<std::string> lines;
  if (unreadable_ != 0)
    lines.push_back(fmt::format("{}lost {} of {} records: {}", who, unreadable_, ring_.capacity, why_));
  if (damaged_ != 0)
    lines.push_back(
        fmt::format("{}lost {} of {} records: what lies there is no record", who, damaged_, ring_.capacity));
  if (unexpected_ != 0)
    lines.push_back(
        fmt::format("{}its count of {} records is wrong: {} more lie there", who, ring_.position, unexpected_));
  if (!was_ordered_)
    lines.push_back(fmt::format("{}records do not lie in the order of their serial numbers: put in order", who));
  if (time_goes_back_) lines.push_back(fmt::format("{}some records' time lies before that of the record before", who));
  return lines;
}

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

void RingReader::append(RingBuffer& into) const {
  constexpr std::uint32_t kAbsolute = 31;             // an event that is a time stamp
  constexpr std::uint32_t kWords = kept::kBytes / 4;  // an event of so many words
  constexpr std::uint64_t kHeader = 8;                // behind the time stamp
  static_assert(kHeader + 4 + kept::kBytes == kRecordBytes);

  CpuBuffer cpu;
  cpu.cpu = ring_.cpu;
  cpu.entries = ring_.position;
  cpu.overrun = ring_.position - std::min(ring_.position, ring_.capacity);
  std::vector<std::byte> events;
  SubBuffer run;
  VirtualAddress behind;
  const auto end_run = [&] {
    if (!events.empty()) into.add(cpu, run, events);
    events.clear();
  };
  for (const Record& entry : records_) {
    const auto from = bytes_of(entry);
    const VirtualAddress at = ring_.records + entry.place * kRecordBytes;
    if (events.size() == kRunBytes || at != behind) end_run();
    if (events.empty()) {
      // An event's address is its header's, which lies behind the time stamp.
      run.address = VirtualAddress{at.value - kHeader};
      run.stamp = entry.time;
    }
    behind = at + kRecordBytes;

    const std::size_t to = events.size();
    events.resize(to + kRecordBytes);
    put(events, to, kAbsolute | static_cast<std::uint32_t>(entry.time << 5U));
    put(events, to + 4, static_cast<std::uint32_t>(entry.time >> 27U));
    put(events, to + kHeader, kWords);
    const std::size_t payload = to + kHeader + 4;
    const auto keep = [&](const target::Slot& slot, const target::Slot& kept_slot) {
      const std::uint64_t value = slot.in(from);
      std::memcpy(events.data() + payload + kept_slot.offset, &value, static_cast<std::size_t>(kept_slot.size));
    };
    keep(record::event_type, kept::kType);
    keep(record::pid, kept::kPid);
    keep(record::arg1, kept::kArguments[0]);
    keep(record::arg2, kept::kArguments[1]);
    keep(record::arg3, kept::kArguments[2]);
    keep(record::arg4, kept::kArguments[3]);
    keep(record::other_pid, kept::kOtherPid);
    keep(record::serial, kept::kSerial);
  }
  end_run();
  into.cpus.push_back(std::move(cpu));
}

}  // namespace

Result<Buffers> list_buffers(const MemoryReader& memory, VirtualAddress anchor, unsigned possible_cpus,
                             const Cancellation& cancellation) {
  const auto bytes = bytes_at(memory, anchor.value, kAnchorBytes);
  if (!bytes) return failure(bytes);
  if (anchor::version.in(*bytes) != LKST_VERSION || anchor::record_bytes.in(*bytes) != kRecordBytes)
    return failure(ErrorCode::not_supported,
                   fmt::format("LKST's records of version {}, {} bytes each, are not known", anchor::version.in(*bytes),
                               anchor::record_bytes.in(*bytes)),
                   anchor.value);
  Buffers result;
  if (anchor::magic.in(*bytes) != LKST_MAGIC) result.problems.emplace_back("LKST's anchor is damaged");
  const Lister lister(memory, possible_cpus);
  std::set<std::uint64_t> seen;
  std::uint64_t next = anchor::first.in(*bytes);
  while (next != 0) {
    if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    const auto lost = [&](std::string_view why) {
      result.problems.push_back(fmt::format("lost the buffers behind the first {}: {}", result.buffers.size(), why));
    };
    if (!seen.insert(next).second || seen.size() > kMostBuffers) {
      lost("their list runs in a circle");
      break;
    }
    const auto following = lister.add(next, result);
    if (!following) {
      lost(following.error().message);
      break;
    }
    result.buffers.back().is_active = next == anchor::active.in(*bytes);
    next = *following;
  }
  return result;
}

Result<RingBuffer> read_buffer(const MemoryReader& memory, const Buffer& buffer, const Cancellation& cancellation) {
  RingBuffer result;
  result.page_bytes = kRunBytes;
  for (const Ring& ring : buffer.rings) {
    RingReader reader(memory, buffer, ring);
    if (auto read = reader.read(cancellation); !read) return failure(std::move(read));
    reader.append(result);
    for (std::string& problem : reader.problems())
      result.problems.push_back(std::move(problem));
  }
  return result;
}

}  // namespace alicia::trace::lkst

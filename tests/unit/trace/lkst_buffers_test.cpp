// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/lkst_buffers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "trace/lkst_table.hpp"
#include "trace/records.hpp"
#include "unit/types/fake_memory.hpp"

namespace alicia::trace::lkst {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kAnchor = 0xffffffffc0000000;
constexpr std::uint64_t kBuffers = 0xffff888001000000;  // a page each
constexpr std::uint64_t kRings = 0xffff888002000000;
constexpr std::uint64_t kRecords = 0xffffc90000000000;
constexpr std::uint64_t kCapacity = 128;  // two pages
constexpr unsigned kCpus = 2;

/// The module's memory: two buffers of two CPUs; the second is recorded to.
class Lkst : public testing::Test {
 protected:
  Lkst() {
    put(kAnchor, anchor::magic, LKST_MAGIC);
    put(kAnchor, anchor::version, LKST_VERSION);
    put(kAnchor, anchor::record_bytes, kRecordBytes);
    put(kAnchor, anchor::first, buffer_at(0));
    put(kAnchor, anchor::active, buffer_at(1));
    for (unsigned id = 0; id < 2; ++id) {
      put(buffer_at(id), buffer::next, id == 0 ? buffer_at(1) : 0);
      put(buffer_at(id), buffer::id, id);
      put(buffer_at(id), buffer::clock, id == 0 ? LKST_CLOCK_LOCAL : LKST_CLOCK_TSC);
      put(buffer_at(id), buffer::cpus, kCpus);
      put(buffer_at(id), buffer::rest, 0);
      for (unsigned cpu = 0; cpu < kCpus; ++cpu) {
        memory.put(buffer_at(id) + kBufferBytes + std::uint64_t{8} * cpu, ring_at(id, cpu));
        put(ring_at(id, cpu), ring::records, records_at(id, cpu));
        put(ring_at(id, cpu), ring::capacity, kCapacity);
        put(ring_at(id, cpu), ring::position, 0);
        memory.fill(records_at(id, cpu), kCapacity * kRecordBytes);
      }
    }
  }
  static std::uint64_t buffer_at(unsigned id) { return kBuffers + id * 4096U; }
  static std::uint64_t ring_at(unsigned id, unsigned cpu) { return kRings + id * 4096U + cpu * 64U; }
  static std::uint64_t records_at(unsigned id, unsigned cpu) { return kRecords + id * 0x100000U + cpu * 0x10000U; }

  void put(std::uint64_t address, const target::Slot& slot, std::uint64_t value) {
    for (std::uint64_t byte = 0; byte < slot.size; ++byte)
      memory.put(address + slot.offset + byte, static_cast<std::uint8_t>(value >> (8 * byte)));
  }

  /// As the module writes one. Times are 1000 for each serial number.
  void record(unsigned id, unsigned cpu) {
    const std::uint64_t position = positions[id][cpu]++;
    const std::uint64_t at = records_at(id, cpu) + position % kCapacity * kRecordBytes;
    ++serial;
    put(at, record::event_type, 0x30);
    put(at, record::pid, 42);
    put(at, record::time, serial * 1000);
    put(at, record::arg1, serial);
    put(at, record::arg4, ~serial);
    put(at, record::serial, serial);
    put(at, record::other_pid, std::uint64_t(-7));
    put(at, record::cpu, cpu);
    put(at, record::mark, LKST_MARK);
    put(ring_at(id, cpu), ring::position, position + 1);
  }
  /// So many records, on either CPU in turn.
  void record_many(unsigned id, unsigned count) {
    for (unsigned number = 0; number < count; ++number)
      record(id, number % kCpus);
  }

  Buffers list() {
    auto found = list_buffers(memory, VirtualAddress{kAnchor}, kCpus, cancellation);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? std::move(*found) : Buffers{};
  }
  Records read(const Buffer& buffer) {
    auto ring = read_buffer(memory, buffer, cancellation);
    EXPECT_TRUE(ring);
    std::vector<LoadedBuffer> loaded;
    TraceBuffer described;
    described.clock = buffer.clock;
    loaded.push_back({described, std::move(*ring)});
    auto records = Records::merge(std::move(loaded), cancellation);
    EXPECT_TRUE(records);
    return std::move(*records);
  }
  static std::vector<std::uint64_t> serials(const Records& records) {
    std::vector<std::uint64_t> found;
    for (std::size_t index = 0; index < records.size(); ++index)
      found.push_back(kept::kSerial.in(records.payload(index)));
    return found;
  }

  types::FakeMemory memory;
  Cancellation cancellation;
  std::uint64_t serial = 0;
  std::uint64_t positions[2][kCpus]{};
};

TEST_F(Lkst, ListsBuffers) {
  const Buffers found = list();
  EXPECT_THAT(found.problems, IsEmpty());
  ASSERT_THAT(found.buffers, SizeIs(2));
  EXPECT_EQ(found.buffers[1].id, 1U);
  EXPECT_TRUE(found.buffers[1].is_active);
  EXPECT_FALSE(found.buffers[0].is_active);
  EXPECT_TRUE(found.buffers[0].clock.in_nanoseconds);
  EXPECT_FALSE(found.buffers[1].clock.in_nanoseconds);
  ASSERT_THAT(found.buffers[0].rings, SizeIs(kCpus));
  EXPECT_EQ(found.buffers[0].rings[1].capacity, kCapacity);
}

TEST_F(Lkst, ReadsWhatWasRecorded) {
  record_many(0, 5);
  const Records records = read(list().buffers[0]);
  EXPECT_THAT(records.problems(), IsEmpty());
  EXPECT_THAT(serials(records), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(records.time(2), 3000U);
  EXPECT_EQ(records.cpu(1), 1U);
  EXPECT_EQ(records.type(0), 0x30);
  // The CPU's second record.
  EXPECT_EQ(records.address(2).value, records_at(0, 0) + kRecordBytes);
  EXPECT_EQ(kept::kPid.in(records.payload(0)), 42U);
  EXPECT_EQ(static_cast<std::int32_t>(kept::kOtherPid.in(records.payload(0))), -7);
  EXPECT_EQ(kept::kArguments[0].in(records.payload(4)), 5U);
  EXPECT_EQ(kept::kArguments[3].in(records.payload(4)), ~std::uint64_t{5});
}

TEST_F(Lkst, ReadsARingThatWasOverwritten) {
  record_many(0, 700);
  const Records records = read(list().buffers[0]);
  EXPECT_THAT(records.problems(), IsEmpty());
  const auto found = serials(records);
  ASSERT_THAT(found, SizeIs(kCpus * kCapacity));
  for (std::size_t index = 0; index < found.size(); ++index) {
    ASSERT_EQ(found[index], 700 - kCpus * kCapacity + 1 + index);
    const std::uint64_t place = (found[index] - 1) / kCpus % kCapacity;
    ASSERT_EQ(records.address(index).value, records_at(0, records.cpu(index)) + place * kRecordBytes);
  }
}

TEST_F(Lkst, KeepsTimesOf64Bits) {
  record_many(1, 4);
  put(records_at(1, 0), record::time, 0xfedcba9876543210);
  put(records_at(1, 0) + kRecordBytes, record::time, 0xfedcba9976543210);
  const Records records = read(list().buffers[1]);
  EXPECT_EQ(records.time(2), 0xfedcba9876543210);
  EXPECT_EQ(records.time(3), 0xfedcba9976543210);
}

TEST_F(Lkst, LosesWhatIsNoRecord) {
  record_many(0, 600);
  put(records_at(0, 1) + 5 * kRecordBytes, record::mark, 0);
  put(records_at(0, 1) + 6 * kRecordBytes, record::cpu, 0);
  put(records_at(0, 1) + 7 * kRecordBytes, record::event_type, 0xffffffff);
  const Records records = read(list().buffers[0]);
  EXPECT_EQ(records.size(), kCpus * kCapacity - 3);
  EXPECT_THAT(records.problems(), ElementsAre("buffer 0, CPU 1: lost 3 of 128 records: what lies there is no record"));
}

TEST_F(Lkst, LosesAPageThatIsNotThere) {
  record_many(0, 600);
  put(ring_at(0, 0), ring::records,
      records_at(0, 0) + 64 * kRecordBytes);  // the second half lies behind the ring's end
  const Records records = read(list().buffers[0]);
  EXPECT_EQ(records.size(), kCapacity + 64);
  EXPECT_THAT(records.problems(), Contains(HasSubstr("buffer 0, CPU 0: lost 64 of 128 records: nothing at 0xffffc9")));
}

TEST_F(Lkst, PutsARingWithAWrongPositionInOrder) {
  record_many(0, 600);
  put(ring_at(0, 0), ring::position, 3);
  put(ring_at(0, 1), ring::position, ~std::uint64_t{0});
  const Records records = read(list().buffers[0]);
  const auto found = serials(records);
  EXPECT_THAT(found, SizeIs(kCpus * kCapacity));
  EXPECT_TRUE(std::ranges::is_sorted(found));
  EXPECT_THAT(records.problems(), Contains("buffer 0, CPU 0: its count of 3 records is wrong: 125 more lie there"));
  EXPECT_THAT(records.problems(), Contains("buffer 0, CPU 0: records do not lie in the order of their serial numbers: "
                                           "put in order"));
}

TEST_F(Lkst, EndsAListThatRunsInACircle) {
  put(buffer_at(1), buffer::next, buffer_at(0));
  const Buffers found = list();
  EXPECT_THAT(found.buffers, SizeIs(2));
  EXPECT_THAT(found.problems, ElementsAre("lost the buffers behind the first 2: their list runs in a circle"));
}

TEST_F(Lkst, EndsAListThatLeadsNowhere) {
  put(buffer_at(0), buffer::next, 0x1234);
  const Buffers found = list();
  EXPECT_THAT(found.buffers, SizeIs(1));
  EXPECT_THAT(found.problems, ElementsAre("lost the buffers behind the first 1: nothing at 0x1234"));
}

TEST_F(Lkst, LosesRingsThatCannotBe) {
  put(ring_at(0, 0), ring::capacity, ~std::uint64_t{0});
  memory.put(buffer_at(0) + kBufferBytes + 8, std::uint64_t{0x5678});
  put(buffer_at(1), buffer::cpus, 0xffffffff);
  const Buffers found = list();
  EXPECT_THAT(found.buffers[0].rings, IsEmpty());
  EXPECT_THAT(found.buffers[1].rings, SizeIs(kCpus));
  EXPECT_THAT(found.problems,
              ElementsAre("buffer 0: lost what CPU 0 recorded: a size of 18446744073709551615 records cannot be true",
                          "buffer 0: lost what CPU 1 recorded: nothing at 0x5678",
                          "buffer 1: a count of 4294967295 CPUs cannot be true"));
}

TEST_F(Lkst, RefusesAnotherVersion) {
  put(kAnchor, anchor::version, 2);
  const auto found = list_buffers(memory, VirtualAddress{kAnchor}, kCpus, cancellation);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::not_supported);
}

TEST_F(Lkst, StopsWhenAskedTo) {
  record_many(0, 10);
  const Buffers found = list();
  cancellation.request();
  EXPECT_EQ(read_buffer(memory, found.buffers[0], cancellation).error().code, ErrorCode::interrupted);
  EXPECT_EQ(list_buffers(memory, VirtualAddress{kAnchor}, kCpus, cancellation).error().code, ErrorCode::interrupted);
}

TEST_F(Lkst, BearsBytesAtRandom) {
  record_many(0, 600);
  record_many(1, 100);
  std::mt19937 random{1};
  const types::FakeMemory whole = memory;
  for (unsigned turn = 0; turn < 400; ++turn) {
    memory = whole;
    const auto damage = [&](std::uint64_t address, std::uint64_t bytes, unsigned one_in) {
      for (std::uint64_t byte = 0; byte < bytes; ++byte) {
        if (random() % one_in == 0) memory.put(address + byte, static_cast<std::uint8_t>(random()));
      }
    };
    const unsigned one_in = 1U << (turn % 8);
    if (turn % 3 == 0) damage(kAnchor + anchor::first.offset, 16, one_in);
    for (unsigned id = 0; id < 2; ++id) {
      damage(buffer_at(id), kBufferBytes + 16, one_in * 4);
      for (unsigned cpu = 0; cpu < kCpus; ++cpu) {
        damage(ring_at(id, cpu), kRingBytes, one_in * 8);
        damage(records_at(id, cpu), kCapacity * kRecordBytes, one_in * 16);
      }
    }
    for (const Buffer& buffer : list().buffers) {
      const Records records = read(buffer);
      EXPECT_LE(records.size(), kCpus * kCapacity);
      for (std::size_t index = 0; index < records.size(); ++index) {
        ASSERT_EQ(records.payload(index).size(), kept::kBytes);
        ASSERT_NE(records.type(index), 0);
      }
    }
  }
}

TEST(LkstFormats, SpeakTheKernelsLanguage) {
  const EventFormats known = formats();
  const EventFormat* switched = known.find("sched", "sched_switch");
  ASSERT_NE(switched, nullptr);
  EXPECT_EQ(switched->id, 0x001);
  ASSERT_NE(switched->field("next_pid"), nullptr);
  EXPECT_EQ(switched->field("next_pid")->offset, kept::kOtherPid.offset);
  EXPECT_NE(switched->field("arg4"), nullptr);
  EXPECT_EQ(known.find("raw_syscalls", "sys_exit")->id, 0x031);
  EXPECT_EQ(known.find("lkst", "panic")->id, 0x092);
}

}  // namespace
}  // namespace alicia::trace::lkst

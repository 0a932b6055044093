// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/ring_buffer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "trace/records.hpp"
#include "unit/symbols/virtual_memory.hpp"
#include "unit/trace/ring_buffer_types.hpp"

namespace alicia::trace {
namespace {

using test::MadeTypes;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr VirtualAddress base{0xffff888000100000};
constexpr unsigned ring_pages = 4;
constexpr unsigned page_bytes = 4096;
constexpr std::uint64_t none = ~std::uint64_t{0};

/// One CPU's ring of four pages and the reader's, each with one event: 32 bits that tell the page.
class Ring : public testing::Test {
 protected:
  Ring() : types(8) {
    auto made = std::make_unique<MadeTypes>();
    const auto word = made->integer(4);
    const auto quad = made->integer(8);
    const auto pointer = made->pointer();
    made->structure("trace_buffer", 16, {MadeTypes::member("cpus", word, 0), MadeTypes::member("buffers", pointer, 8)});
    std::vector<types::Member> members{MadeTypes::member("cpu", word, 0)};
    std::uint64_t at = 8;
    for (const char* name : {"nr_pages", "head_page", "commit_page", "reader_page", "entries", "overrun",
                             "commit_overrun", "dropped_events", "read"}) {
      members.push_back(MadeTypes::member(name, quad, at));
      at += 8;
    }
    made->structure("ring_buffer_per_cpu", 80, std::move(members));
    test::declare_ring_pages(*made);
    types.add_source(std::move(made));

    memory.append_value(std::uint64_t{1});     // cpus
    memory.append_value((base + 0x10).value);  // buffers
    memory.append_value((base + 0x40).value);  // the one CPU's
    memory.append(std::vector<std::byte>(0x28));
    for (const std::uint64_t value :
         {std::uint64_t{0}, std::uint64_t{ring_pages}, page(0).value, page(3).value, page(4).value, std::uint64_t{5},
          std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}})
      memory.append_value(value);
    memory.append(std::vector<std::byte>(page_bytes - (memory.end() - base)));
    for (unsigned number = 0; number <= ring_pages; ++number) {
      const unsigned next = number < ring_pages ? (number + 1) % ring_pages : 1;
      const std::uint64_t flag = number == 0 ? 1 : 0;  // page 1 is the head
      memory.append_value(page(next).value | flag);
      memory.append_value(std::uint64_t{0});
      memory.append_value(std::uint64_t{0});
      memory.append_value(data(number).value);
      memory.append_value(std::uint64_t{0});
    }
    memory.align(page_bytes);
    for (unsigned number = 0; number <= ring_pages; ++number) {
      memory.append_value(std::uint64_t{100} * (number + 1));  // time stamp
      memory.append_value(std::uint64_t{8});                   // committed
      memory.append_value(std::uint32_t{1});                   // an event of one word, no time passed
      memory.append_value(std::uint32_t{number});
      memory.append(std::vector<std::byte>(page_bytes - 24));
    }
  }
  static VirtualAddress page(unsigned number) { return base + page_bytes + number * 40U; }
  static VirtualAddress data(unsigned number) { return base + (2 + number) * page_bytes; }

  RingBuffer read() {
    auto result = read_ring_buffer({memory, types, page_bytes, 4}, base, cancellation);
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : RingBuffer{};
  }
  /// The pages whose events were read, in order; none for one without events.
  static std::vector<std::uint64_t> pages(const RingBuffer& ring) {
    std::vector<std::uint64_t> numbers;
    for (const CpuBuffer& cpu : ring.cpus)
      for (const SubBuffer& part : cpu.pages)
        numbers.push_back(part.size < 8 ? none : load<std::uint32_t>(ring.data(part), 4));
    return numbers;
  }

  test::VirtualMemory memory{base};
  types::TypeSystem types;
  Cancellation cancellation;
};

TEST_F(Ring, BeginsWithTheReadersPageAndTheMarkedHead) {
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 2, 3));
  EXPECT_THAT(ring.problems, testing::IsEmpty());
  EXPECT_EQ(ring.cpus.at(0).entries, 5U);
}

TEST_F(Ring, EndsWithTheReadersPageWhereThatIsBeingWritten) {
  memory.overwrite(base + 0x40 + 24, page(4).value);
  EXPECT_THAT(pages(read()), ElementsAre(4));
}

TEST_F(Ring, BeginsWhereTheKernelDidWithoutAMark) {
  memory.overwrite(page(0), page(1).value);
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 0, 1, 2, 3));
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("no page of the ring is marked as its head")));
}

TEST_F(Ring, EndsInALoop) {
  memory.overwrite(page(2), page(2).value);
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 2));
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("before its end")));
}

TEST_F(Ring, TakesASubBufferOnce) {
  memory.overwrite(page(2) + 24, data(1).value);
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 3));
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("in the ring twice")));
}

TEST_F(Ring, TakesAWrongCountForTheWholePage) {
  memory.overwrite(data(2) + 8, std::uint64_t{0x3000'0000});
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 2, 3));
  EXPECT_EQ(ring.cpus.at(0).pages.at(2).size, page_bytes - 16U);
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("claims 805306368 committed bytes and has 4080")));
}

TEST_F(Ring, GoesOnBehindAnAbsentPage) {
  memory.exclude_page(data(2));
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 3));
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("lost a sub-buffer: page excluded from the dump")));
}

TEST_F(Ring, EndsAtALinkIntoNothing) {
  memory.overwrite(page(2), std::uint64_t{0x1000});
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 2));
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("lost what follows in the ring")));
}

TEST_F(Ring, LeavesOutWhatIsNoPage) {
  memory.overwrite(page(2) + 24, data(2).value + 8);
  const RingBuffer ring = read();
  EXPECT_THAT(pages(ring), ElementsAre(4, 1, 3));
  EXPECT_THAT(ring.problems, ElementsAre(HasSubstr("no page begins there")));
}

TEST_F(Ring, EndsOnAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    test::VirtualMemory whole = memory;
    for (int change = 0; change < 20; ++change) {
      const bool in_lists = random() % 2 != 0;
      const VirtualAddress at = in_lists ? base + 0x40 + random() % 0x50 : base + random() % (7 * page_bytes - 8);
      memory.overwrite(at, random() % 3 == 0 ? std::uint64_t{random()} << 32U | random()
                                             : page(static_cast<unsigned>(random() % 5)).value);
    }
    auto ring = read_ring_buffer({memory, types, page_bytes, 4}, base, cancellation);
    if (ring) {
      std::vector<LoadedBuffer> buffers;
      buffers.push_back({TraceBuffer{}, std::move(*ring)});
      const auto records = Records::merge(std::move(buffers), cancellation);
      ASSERT_TRUE(records);
      for (std::size_t index = 0; index < records->size(); ++index) {
        EXPECT_FALSE(records->payload(index).empty());
        EXPECT_NE(records->address(index).value, 0U);
      }
    }
    memory = whole;
  }
}

}  // namespace
}  // namespace alicia::trace

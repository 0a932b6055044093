// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/page_cursor.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace alicia::trace {
namespace {

/// A sub-buffer's events, word by word.
class Page {
 public:
  Page& word(std::uint32_t kind, std::uint32_t delta) { return put(kind | delta << 5U); }
  Page& put(std::uint32_t word) {
    words_.push_back(word);
    return *this;
  }
  PageCursor cursor(std::uint64_t stamp = 1000) const { return PageCursor(std::as_bytes(std::span(words_)), stamp); }

 private:
  std::vector<std::uint32_t> words_;
};

TEST(PageCursor, AddsUpTime) {
  Page page;
  page.word(2, 5).put(0xa).put(0xb).word(1, 7).put(0xc);
  PageCursor cursor = page.cursor();
  const auto first = cursor.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->time, 1005U);
  EXPECT_EQ(first->payload, 4U);
  EXPECT_EQ(first->size, 8U);
  const auto second = cursor.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->time, 1012U);
  EXPECT_EQ(second->header, 12U);
  EXPECT_FALSE(cursor.next());
  EXPECT_EQ(cursor.lost(), 0U);
}

TEST(PageCursor, TakesLongTimesAndSizes) {
  Page page;
  page.word(30, 1).put(2);                // an extension: 2 * 2^27 + 1
  page.word(0, 0).put(12).put(1).put(2);  // eight bytes of payload, their size in a word of its own
  page.word(31, 9).put(0x10);             // a time: 0x10 * 2^27 + 9
  page.word(1, 0).put(3);
  PageCursor cursor = page.cursor(0);
  const auto long_event = cursor.next();
  ASSERT_TRUE(long_event);
  EXPECT_EQ(long_event->time, (std::uint64_t{2} << 27U) + 1);
  EXPECT_EQ(long_event->size, 8U);
  const auto stamped = cursor.next();
  ASSERT_TRUE(stamped);
  EXPECT_EQ(stamped->time, (std::uint64_t{0x10} << 27U) + 9);
}

TEST(PageCursor, CompletesAnAbsoluteTime) {
  const std::uint64_t stamp = (std::uint64_t{1} << 59U) + 100;
  Page page;
  page.word(31, 200).put(0).word(1, 0).put(0);
  EXPECT_EQ(page.cursor(stamp).next()->time, (std::uint64_t{1} << 59U) + 200);
  Page wrapped;
  wrapped.word(31, 50).put(0).word(1, 0).put(0);
  EXPECT_EQ(wrapped.cursor(stamp).next()->time, (std::uint64_t{2} << 59U) + 50);
}

TEST(PageCursor, PassesOverPadding) {
  Page page;
  page.word(29, 3).put(8).put(0).word(1, 4).put(1);    // an event that was taken back
  page.word(29, 0).put(0xffff'ffff).put(0xffff'ffff);  // nothing more
  PageCursor cursor = page.cursor();
  EXPECT_EQ(cursor.next()->time, 1004U);
  EXPECT_FALSE(cursor.next());
  EXPECT_EQ(cursor.lost(), 0U);
}

TEST(PageCursor, SaysWhatItCouldNotRead) {
  Page beyond;
  beyond.word(1, 0).put(1).word(20, 0).put(1);
  PageCursor cursor = beyond.cursor();
  EXPECT_TRUE(cursor.next());
  EXPECT_FALSE(cursor.next());
  EXPECT_EQ(cursor.lost(), 8U);

  Page tiny;
  tiny.word(0, 0).put(3);
  PageCursor too_small = tiny.cursor();
  EXPECT_FALSE(too_small.next());

  Page bare;
  bare.word(0, 0).put(4).word(1, 0).put(1);  // its size alone, no payload to tell its type
  PageCursor without_type = bare.cursor();
  EXPECT_FALSE(without_type.next());
  EXPECT_EQ(without_type.lost(), 16U);
  EXPECT_EQ(too_small.lost(), 8U);

  Page huge;
  huge.word(29, 1).put(0xffff'fffe);
  PageCursor padding = huge.cursor();
  EXPECT_FALSE(padding.next());
  EXPECT_EQ(padding.lost(), 8U);
}

TEST(PageCursor, EndsOnAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes(random() % 4096);
    for (std::byte& byte : bytes)
      byte = static_cast<std::byte>(random());
    PageCursor cursor(bytes, random());
    std::size_t behind = 0;
    while (const auto event = cursor.next()) {
      EXPECT_GE(event->header, behind);
      ASSERT_TRUE(fits(event->payload, event->size, bytes.size()));
      behind = std::size_t{event->payload} + event->size;
    }
  }
}

}  // namespace
}  // namespace alicia::trace

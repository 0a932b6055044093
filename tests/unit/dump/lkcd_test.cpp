// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "unit/dump/opened.hpp"

namespace alicia::dump {
namespace {

using test::Opened;
using test::tiny_page;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Lkcd, ReadsEveryVersionWidthAndCompression) {
  struct Case {
    const char* version;
    const char* width;
    const char* compress;
    const char* storage;
  };
  for (const Case& one : {Case{"1", "32", "0", "rle"}, Case{"2", "32", "0", "rle"}, Case{"3", "32", "0", "rle"},
                          Case{"3", "64", "0", "rle"}, Case{"5", "32", "1", "rle"}, Case{"5", "64", "2", "zlib"},
                          Case{"6", "32", "2", "zlib"}, Case{"7", "32", "2", "zlib"}, Case{"7", "64", "1", "rle"},
                          Case{"8", "64", "2", "zlib"}, Case{"9", "64", "2", "zlib"}, Case{"10", "64", "1", "rle"}}) {
    SCOPED_TRACE(std::string{"version "} + one.version + " width " + one.width);
    const std::string storage = one.storage;
    const Opened opened = Opened::described(
        std::string{"format lkcd\nmachine i686\nrelease 2.4.20\nversion "} + one.version + "\nwidth " + one.width +
        "\ncompress " + one.compress + "\npage 7 " + storage + "\npage 3 raw\npage 900 " + storage + "\npage 4 zero\n");
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    for (const std::uint64_t frame : {3U, 7U, 900U})
      EXPECT_EQ(opened.page(frame), tiny_page(frame, 4096));
    EXPECT_EQ(opened.page(4), std::string(4096, '\0'));
    EXPECT_EQ(opened.page(5), "page_excluded");
    EXPECT_EQ(opened.page(901), "no_memory_there");
    const DumpInfo& info = opened.info();
    EXPECT_EQ(info.format, std::string{"LKCD version "} + one.version + " (" + one.storage + ")");
    EXPECT_EQ(info.release, "2.4.20");
    EXPECT_EQ(info.machine, "i686");
    EXPECT_EQ(info.architecture, Architecture::i386);
    EXPECT_EQ(info.panic, "tiny panic");
    EXPECT_EQ(info.timestamp, 1100000000U);
    EXPECT_THAT(info.warnings, IsEmpty());
  }
}

TEST(Lkcd, TakesTheFirstOfPagesWrittenTwice) {
  const Opened opened = Opened::described("format lkcd\npage 5 raw 50\npage 4 zlib\npage 5 zlib 51\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.page(5), tiny_page(50, 4096));
  EXPECT_EQ(opened.page(4), tiny_page(4, 4096));
}

TEST(Lkcd, ReadsDumpsWithoutEndMark) {
  const Opened opened =
      Opened::described("format lkcd\nend no\ncount 9\npage 5 raw\npage 4 zlib\npage 8 raw\ncut 100\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.page(4), tiny_page(4, 4096));
  EXPECT_EQ(opened.page(8), "page_truncated");
  EXPECT_EQ(opened.page(6), "page_truncated");
  EXPECT_THAT(opened.info().warnings, ElementsAre("part0 is incomplete: it has no end mark; it holds 3 of 9 pages"));
}

TEST(Lkcd, UnderstandsMclxAndOldVirtualAddresses) {
  const Opened mclx = Opened::described("format lkcd\nversion 3\nmclx yes\npage 5 raw\npage 70000 rle\n");
  ASSERT_TRUE(mclx.ok()) << mclx.error().message;
  EXPECT_EQ(mclx.page(70000), tiny_page(70000, 4096));
  const Opened old = Opened::described("format lkcd\nversion 1\nbase 0xc0000000\npage 0 raw\npage 70 rle\n");
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old.page(70), tiny_page(70, 4096));
  const Opened physical = Opened::described("format lkcd\nversion 1\npage 1 raw\npage 70 rle\n");
  EXPECT_EQ(physical.page(70), tiny_page(70, 4096));
}

TEST(Lkcd, HandsOnTheRegistersOfEachProcessor) {
  std::string bytes = test::tiny_dump("format lkcd\nversion 3\nmachine i686\npage 1 raw\n");
  const auto put = [&bytes](std::size_t at, std::uint32_t value) {
    bytes.replace(at, 4, reinterpret_cast<const char*>(&value), 4);
  };
  const std::size_t at = 1024;  // what the header gives as its size
  put(at, 0xdeaddead);
  put(at + 8, 3);
  put(at + 84, 2);
  put(at + 88, 1);
  for (std::uint32_t cpu = 0; cpu < 2; ++cpu) {
    for (std::uint32_t word = 0; word < 15; ++word)
      put(at + 92 + cpu * 60 + word * 4, (cpu + 1) * 100 + word);
  }
  const Opened opened{{bytes}};
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened.info().cpus, 2U);
  EXPECT_EQ(opened.info().crash_cpu, 1U);
  ASSERT_EQ(opened.info().notes.size(), 2U);
  const auto word = [&opened](std::size_t index) {
    std::uint32_t value = 0;
    std::memcpy(&value, opened.info().notes[1].content.data() + 72 + index * 4, 4);
    return value;
  };
  EXPECT_EQ(word(0), 200U);   // ebx
  EXPECT_EQ(word(8), 208U);   // es
  EXPECT_EQ(word(9), 0U);     // fs, which pt_regs lacks
  EXPECT_EQ(word(12), 210U);  // eip
  EXPECT_EQ(word(15), 213U);  // esp
}

TEST(Lkcd, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(Opened::described("format lkcd\nversion 4\npage 1 raw\n").error().code, ErrorCode::not_supported);
  EXPECT_EQ(Opened::described("format lkcd\nversion 11\npage 1 raw\n").error().code, ErrorCode::not_supported);
  EXPECT_EQ(Opened::described("format lkcd\ncompress 7\npage 1 raw\n").error().code, ErrorCode::not_supported);
  EXPECT_EQ(Opened::described("format lkcd\nend no\n").error().code, ErrorCode::truncated_file);
  EXPECT_EQ(Opened::described("format lkcd\n").error().code, ErrorCode::truncated_file);
  std::string big = test::tiny_dump("format lkcd\npage 1 raw\n");
  std::reverse(big.begin(), big.begin() + 8);
  EXPECT_EQ((Opened{{big}}.error().code), ErrorCode::wrong_architecture);
}

TEST(Lkcd, ReportsDamagedPages) {
  const Opened opened = Opened::described("format lkcd\ncompress 2\npage 1 rle\npage 2 zlib\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.page(1), "page_unreadable");
  EXPECT_EQ(opened.page(2), tiny_page(2, 4096));
}

}  // namespace
}  // namespace alicia::dump

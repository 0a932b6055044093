// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "unit/dump/opened.hpp"

namespace alicia::dump {
namespace {

using test::Opened;
using test::tiny_dump;
using test::tiny_page;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kAllPages =
    "page 1 raw\npage 2 zlib\npage 3 lzo\npage 4 snappy\npage 5 zstd\npage 7 memory\npage 9 zero\npage 10 zero\n"
    "page 4242 zlib\n";

void expect_all_pages(const Opened& opened) {
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const std::uint32_t size = opened.info().page_size;
  for (const std::uint64_t frame : {1U, 2U, 3U, 4U, 5U, 4242U})
    EXPECT_EQ(opened.page(frame), tiny_page(frame, size));
  EXPECT_EQ(opened.page(0), "no_memory_there");
  EXPECT_EQ(opened.page(7), "page_excluded");
  EXPECT_EQ(opened.page(9), std::string(size, '\0'));
  EXPECT_EQ(opened.page(10), std::string(size, '\0'));
  EXPECT_EQ(opened.page(4243), "no_memory_there");
  EXPECT_EQ(opened.page(~std::uint64_t{0} >> 12), "no_memory_there");
}

TEST(Kdump, ReadsEveryCompressionInEveryVersionAndWidth) {
  for (const char* version : {"0", "1", "2", "3", "4", "5", "6"}) {
    for (const char* width :
         {"64\nmachine x86_64", "32\nmachine i686", "64\nmachine aarch64", "32\nmachine", "64\nmachine"}) {
      for (const char* block : {"512", "4096", "65536"}) {
        SCOPED_TRACE(std::string{"version "} + version + " width " + width + " block " + block);
        expect_all_pages(Opened::described(std::string{"format kdump\nversion "} + version + "\nwidth " + width +
                                           "\nblock " + block + "\n" + kAllPages));
      }
    }
  }
}

TEST(Kdump, TellsWhatItsHeadersHold) {
  const Opened opened = Opened::described(
      "format kdump\nlevel 23\ncpus 8\ncpu 5\ntime 1700000001\nnode host\nrelease 6.1.0\n"
      "vmcoreinfo OSRELEASE=6.1.0\nvmcoreinfo PAGESIZE=4096\nnote CORE 1\nerase erase jiffies.x 8\n" +
      kAllPages);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const DumpInfo& info = opened.info();
  EXPECT_EQ(info.format, "kdump-compressed version 6 (zlib)");
  EXPECT_EQ(info.architecture, Architecture::x86_64);
  EXPECT_EQ(info.max_page_frame, 4243U);
  EXPECT_EQ(info.dump_level, 23U);
  EXPECT_EQ(info.cpus, 8U);
  EXPECT_EQ(info.crash_cpu, 5U);
  EXPECT_EQ(info.timestamp, 1700000001U);
  EXPECT_EQ(info.system_name, "Linux");
  EXPECT_EQ(info.node_name, "host");
  EXPECT_EQ(info.release, "6.1.0");
  EXPECT_EQ(info.machine, "x86_64");
  EXPECT_EQ(info.vmcoreinfo, "OSRELEASE=6.1.0\nPAGESIZE=4096\n");
  EXPECT_EQ(info.eraseinfo, "erase jiffies.x 8\n");
  ASSERT_EQ(info.notes.size(), 2U);
  EXPECT_EQ(info.notes[0].name, "CORE");
  EXPECT_EQ(info.notes[0].content.size(), 336U);
  ASSERT_EQ(info.memory.size(), 4U);
  EXPECT_EQ(info.memory[0].begin.value, 0x1000U);
  EXPECT_EQ(info.memory[0].end.value, 0x6000U);
  EXPECT_EQ(info.memory[3].end.value, 4243U << 12);
  EXPECT_THAT(info.warnings, IsEmpty());
}

TEST(Kdump, ReadsAcrossPagesAndNamesTheFirstMissingByte) {
  const Opened opened = Opened::described("format kdump\n" + kAllPages);
  const std::string both = tiny_page(2, 4096) + tiny_page(3, 4096);
  EXPECT_EQ(opened.read(0x2ff0, 0x20), both.substr(0xff0, 0x20));
  EXPECT_EQ(opened.read(0x2000, 0x2000), both);
  EXPECT_EQ(opened.read(0x5ff8, 16), "cannot read 16 bytes at physical 0x5ff8: no memory at this physical address");
  std::byte bytes[16];
  EXPECT_EQ(opened.dump().read(PhysicalAddress{0x5ff8}, bytes).error().address, 0x6000U);
  EXPECT_EQ(opened.dump().read(PhysicalAddress{0x7010}, bytes).error().address, 0x7010U);
  EXPECT_THAT(opened.read(0x7010, 8), HasSubstr("page excluded from the dump"));
  EXPECT_THAT(opened.read(~std::uint64_t{0} - 4, 8), HasSubstr("wraps around"));
  EXPECT_EQ(opened.read(0x7010, 0), "");
}

TEST(Kdump, ReadsDiskdumpFiles) {
  for (const std::string machine : test::machines) {
    for (const std::string bitmaps : {"1", "2"}) {
      SCOPED_TRACE(machine + bitmaps);
      const Opened opened = Opened::described("format kdump\nsignature DISKDUMP\nversion 1\n" + machine + "bitmaps " +
                                              bitmaps + "\npage 2 zlib\npage 3 raw\npage 5 lzo\npage 300 raw\n");
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      EXPECT_EQ(opened.info().format, "diskdump version 1 (zlib)");
      EXPECT_FALSE(opened.info().dump_level);
      for (const std::uint64_t frame : {2U, 3U, 5U, 300U})
        EXPECT_EQ(opened.page(frame), tiny_page(frame, 4096));
      EXPECT_EQ(opened.page(4), bitmaps == "1" ? "page_excluded" : "no_memory_there");
    }
  }
}

TEST(Kdump, SaysWhyAPageCannotBeHad) {
  const Opened opened = Opened::described("format kdump\nstatus 9\npage 1 zlib\npage 2 damaged\npage 3 unwritten\n");
  ASSERT_TRUE(opened.ok());
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(opened.dump().page(PageFrame{2}).error().code, ErrorCode::page_unreadable);
    EXPECT_THAT(opened.dump().page(PageFrame{2}).error().message, HasSubstr("damaged zlib data"));
    EXPECT_EQ(opened.dump().page(PageFrame{3}).error().code, ErrorCode::page_truncated);
  }
  EXPECT_THAT(opened.info().warnings,
              ElementsAre("part0 is incomplete: makedumpfile ran out of room before 1 of 3 pages"));
}

TEST(Kdump, SaysWhatLiesBeyondTheEnd) {
  std::string description = "format kdump\nblock 512\n";
  for (int frame = 0; frame < 2000; ++frame)
    description += "page " + std::to_string(frame) + " raw\n";
  const std::string whole = tiny_dump(description);
  const std::size_t pages_at = whole.size() - 2000 * 512;

  const Opened half{{whole.substr(0, pages_at + 1000 * 512 + 1)}};
  EXPECT_THAT(half.info().warnings,
              ElementsAre("part0 is truncated: " + std::to_string(pages_at + 1000 * 512 + 1) + " of " +
                          std::to_string(whole.size()) + " bytes; 1,000 of 2,000 pages lie beyond its end"));
  EXPECT_EQ(half.page(999), tiny_page(999, 512));
  EXPECT_EQ(half.page(1000), "page_truncated");

  const Opened in_table{{whole.substr(0, pages_at - 500 * 24)}};
  EXPECT_THAT(in_table.info().warnings,
              ElementsAre(HasSubstr("within its page table; 2,000 of 2,000 pages lie beyond")));
  EXPECT_EQ(in_table.page(1), "page_truncated");
  EXPECT_EQ(in_table.page(1999), "page_truncated");

  const std::size_t bitmap_at = 2 * 512 + 512;
  const Opened in_bitmap{{whole.substr(0, bitmap_at + 10)}};
  ASSERT_TRUE(in_bitmap.ok()) << in_bitmap.error().message;
  EXPECT_THAT(in_bitmap.info().warnings, ElementsAre(HasSubstr("ends within its page bitmap")));
  EXPECT_EQ(in_bitmap.page(1999), "page_truncated");

  for (const std::size_t size : {1U, 400U, 600U, 1100U}) {
    const Opened headless{{whole.substr(0, size)}};
    ASSERT_FALSE(headless.ok()) << size;
    EXPECT_EQ(headless.error().code, size < 8 ? ErrorCode::wrong_format : ErrorCode::truncated_file);
  }
}

TEST(Kdump, SurvivesAFileThatShrinksWhileOpen) {
  const Opened opened = Opened::described("format kdump\npage 1 raw\npage 2 raw\npage 3 raw\npage 4 raw\npage 5 raw\n");
  EXPECT_EQ(opened.page(1), tiny_page(1, 4096));
  std::filesystem::resize_file(opened.folder().path() / "part0", 4096);
  EXPECT_EQ(opened.page(1), tiny_page(1, 4096));
  EXPECT_EQ(opened.page(5), "page_truncated");
}

std::string part(const std::string& range, const std::string& machine = "") {
  return tiny_dump("format kdump\n" + machine + "split " + range + "\nframes 30\n" +
                   "page 2 zlib\npage 9 raw\npage 10 zlib\npage 11 raw\npage 19 lzo\npage 25 zlib\npage 29 raw\n");
}

TEST(Kdump, ReadsSplitDumpsInAnyOrder) {
  for (const std::string machine : test::machines) {
    SCOPED_TRACE(machine);
    const std::string parts[] = {part("0 10", machine), part("10 20", machine), part("20 30", machine)};
    using Order = std::array<std::size_t, 3>;
    for (const Order& order : {Order{0, 1, 2}, Order{2, 0, 1}, Order{1, 2, 0}}) {
      const Opened opened{{parts[order[0]], parts[order[1]], parts[order[2]]}};
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      EXPECT_THAT(opened.info().warnings, IsEmpty());
      EXPECT_EQ(opened.info().format, "kdump-compressed version 6 (zlib), split dump, 3 parts");
      EXPECT_EQ(opened.info().files.size(), 3U);
      for (const std::uint64_t frame : {2U, 9U, 10U, 11U, 19U, 25U, 29U})
        EXPECT_EQ(opened.page(frame), tiny_page(frame, 4096));
    }
  }
}

TEST(Kdump, SaysWhichPartOfASplitDumpIsMissing) {
  const Opened opened{{part("20 30"), part("0 10")}};
  ASSERT_TRUE(opened.ok());
  EXPECT_THAT(opened.info().warnings,
              ElementsAre("page frames 10 to 19 are in a part of the split dump that was not given"));
  EXPECT_EQ(opened.page(11), "page_truncated");
  const Opened last{{part("0 10"), part("10 20")}};
  EXPECT_THAT(last.info().warnings, ElementsAre(HasSubstr("page frames 20 to 29")));
}

TEST(Kdump, RefusesFilesThatAreNoPartsOfOneDump) {
  EXPECT_THAT((Opened{{part("0 10"), part("5 20")}}.error().message), HasSubstr("the same part"));
  EXPECT_THAT((Opened{{part("0 10"), tiny_dump("format kdump\nframes 30\npage 2 raw\n")}}.error().message),
              HasSubstr("is not a part of a split dump"));
  EXPECT_THAT((Opened{{part("0 10"), tiny_dump("format kdump\nsplit 10 30\nrelease 5\nframes 30\npage 12 raw\n")}}
                   .error()
                   .message),
              HasSubstr("is a part of another dump"));
  EXPECT_THAT((Opened{{part("0 10"), tiny_dump("format elf\nsegment 0 0 1 1\n")}}.error().message),
              HasSubstr("is not a part of a split dump"));
}

TEST(Kdump, RefusesHeadersThatMakeNoSense) {
  const std::string good = tiny_dump("format kdump\npage 1 raw\n");
  const auto changed = [&good](std::size_t at, std::uint32_t value) {
    std::string bytes = good;
    bytes.replace(at, 4, reinterpret_cast<const char*>(&value), 4);
    return Opened{{bytes}};
  };
  EXPECT_EQ(changed(428, 3000).error().code, ErrorCode::corrupt);  // block size
  EXPECT_EQ(changed(428, 0).error().code, ErrorCode::corrupt);
  EXPECT_EQ(changed(432, 0xffffffff).error().code, ErrorCode::corrupt);  // sub-header
  EXPECT_EQ(changed(436, 0).error().code, ErrorCode::corrupt);           // bitmaps
  EXPECT_EQ(changed(436, 0xffffffff).error().code, ErrorCode::truncated_file);
  EXPECT_EQ(changed(4096 + 96 + 4, 0x100).error().code, ErrorCode::corrupt);      // frames: 2^40
  EXPECT_EQ(changed(4096 + 96 + 4, 1).error().code, ErrorCode::corrupt);          // frames: more than bits
  EXPECT_EQ(changed(8, 0x06000000).error().code, ErrorCode::wrong_architecture);  // big-endian version
  EXPECT_EQ(changed(8, 0xffffffff).error().code, ErrorCode::corrupt);
}

TEST(Kdump, NamesOtherArchitectures) {
  const Opened opened = Opened::described("format kdump\nmachine ppc64le\npage 1 raw\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.info().architecture, Architecture::unknown);
  EXPECT_EQ(opened.info().machine, "ppc64le");
}

TEST(Kdump, DescribesATerabyteAtNoCost) {
  // One page in each 4 GiB; the rest of the bitmaps is holes of a sparse file.
  std::string description = "format kdump\nframes 268435456\n";
  for (std::uint64_t page = 0; page < 256; ++page)
    description += "page " + std::to_string(page << 20) + " raw\n";
  const Opened opened = Opened::described(description);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  for (std::uint64_t page = 0; page < 256; ++page) {
    ASSERT_EQ(opened.page(page << 20), tiny_page(page << 20, 4096));
    ASSERT_EQ(opened.page((page << 20) + 1), "no_memory_there");
  }
}

}  // namespace
}  // namespace alicia::dump

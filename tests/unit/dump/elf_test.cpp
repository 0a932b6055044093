// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "dump/open.hpp"
#include "unit/dump/opened.hpp"

namespace alicia::dump {
namespace {

using test::Opened;
using test::tiny_dump;
using test::tiny_page;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Elf, ReadsSegmentsOfEveryMachine) {
  struct Machine {
    std::string settings;
    Architecture architecture;
    std::string format;
  };
  for (const Machine& machine : {Machine{"width 64", Architecture::x86_64, "ELF vmcore"},
                                 Machine{"width 32", Architecture::i386, "ELF vmcore (32-bit)"},
                                 Machine{"width 64\nmachine 183", Architecture::aarch64, "ELF vmcore"}}) {
    for (const std::string more : {"", "sections yes\n", "flatten 777\n"}) {
      SCOPED_TRACE(machine.settings + " " + more);
      const Opened opened =
          Opened::described("format elf\n" + machine.settings + "\n" + more +
                            "vmcoreinfo OSRELEASE=5.10\nvmcoreinfo CRASHTIME=1700000002\nnote CORE 1\n"
                            "segment 1000 c0001000 2 2\nsegment 100000 c0100000 3 5\n");
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      for (const std::uint64_t frame : {1U, 2U, 256U, 257U, 258U})
        EXPECT_EQ(opened.page(frame), tiny_page(frame, 4096));
      EXPECT_EQ(opened.page(0), "no_memory_there");
      EXPECT_EQ(opened.page(3), "no_memory_there");
      EXPECT_EQ(opened.page(259), "absent_or_zero");
      EXPECT_EQ(opened.page(260), "absent_or_zero");
      EXPECT_EQ(opened.page(261), "no_memory_there");
      const DumpInfo& info = opened.info();
      EXPECT_EQ(info.format, (more.starts_with("flatten") ? "flattened " : "") + machine.format);
      EXPECT_EQ(info.architecture, machine.architecture);
      EXPECT_EQ(info.release, "5.10");
      EXPECT_EQ(info.timestamp, 1700000002U);
      EXPECT_EQ(info.notes.size(), 2U);
      EXPECT_EQ(info.max_page_frame, 261U);
      ASSERT_EQ(info.segments.size(), 2U);
      EXPECT_EQ(info.segments[1].begin, VirtualAddress{0xc0100000});
      EXPECT_EQ(info.segments[1].physical, PhysicalAddress{0x100000});
      ASSERT_EQ(info.memory.size(), 2U);
      EXPECT_EQ(info.memory[0].end, PhysicalAddress{0x3000});
    }
  }
}

TEST(Elf, ReadsMoreSegmentsThanAHalfwordCounts) {
  std::string description = "format elf\nsections yes\n";
  for (unsigned frame = 1; frame <= 70000; ++frame) {
    description += fmt::format("segment {:x} 0 0x10 0x20 {}\n", frame * 0x1000, frame);
  }
  const Opened opened = Opened::described(description);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened.info().segments.size(), 70000U);
  for (const std::uint64_t frame : {1U, 65535U, 65536U, 70000U}) {
    EXPECT_EQ(opened.read(frame << 12, 16), tiny_page(frame, 16).substr(0, 16)) << frame;
    EXPECT_THAT(opened.read((frame << 12) + 16, 1), HasSubstr("left out of the dump or zero"));
  }
}

TEST(Elf, PrefersBytesOverGapsAndTheFirstOfSeveral) {
  const Opened opened = Opened::described(
      "format elf\nsegment 1000 c0001000 1 4 11\nsegment 2000 c0002000 2 2 22\nsegment 1000 ffffff80 2 2 33\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.page(1), tiny_page(11, 4096));
  EXPECT_EQ(opened.page(2), tiny_page(22, 4096));
  EXPECT_EQ(opened.page(3), tiny_page(23, 4096));
  EXPECT_EQ(opened.page(4), "absent_or_zero");
}

TEST(Elf, ReadsPartsOfPages) {
  // As firmware leaves it: memory ends at 0x9fc00. Another page is put together from two segments.
  const Opened opened = Opened::described(
      "format elf\nsegment 9f000 0 0xc00 0xc00 1\nsegment a0000 0 0x800 0x800 2\nsegment a0800 0 0x800 0x800 3\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.page(0x9f), "no_memory_there");
  EXPECT_EQ(opened.read(0x9f000, 0xc00), tiny_page(1, 4096).substr(0, 0xc00));
  std::byte bytes[0x1000];
  EXPECT_EQ(opened.dump().read(PhysicalAddress{0x9f100}, bytes).error().address, 0x9fc00U);
  EXPECT_EQ(opened.page(0xa0), tiny_page(2, 4096).substr(0, 0x800) + tiny_page(3, 4096).substr(0, 0x800));
}

TEST(Elf, TakesThePageSizeFromVmcoreinfo) {
  const Opened opened =
      Opened::described("format elf\nmachine 183\nblock 65536\nvmcoreinfo PAGESIZE=65536\nsegment 10000 0 2 2\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.info().architecture, Architecture::aarch64);
  EXPECT_EQ(opened.info().page_size, 65536U);
  EXPECT_EQ(opened.page(2), tiny_page(2, 65536));
}

TEST(Elf, SaysWhatLiesBeyondTheEnd) {
  const std::string whole = tiny_dump("format elf\nsegment 1000 0 8 8\n");
  const Opened opened{{whole.substr(0, whole.size() - 3 * 4096 + 1)}};
  ASSERT_TRUE(opened.ok());
  EXPECT_THAT(opened.info().warnings, ElementsAre(HasSubstr("3 of 8 pages lie beyond its end")));
  EXPECT_EQ(opened.page(5), tiny_page(5, 4096));
  EXPECT_EQ(opened.page(6), "page_truncated");
  const Opened headers{{tiny_dump("format elf\nsegment 1000 0 1 1\nsegment 2000 0 1 1\n").substr(0, 64 + 60)}};
  ASSERT_TRUE(headers.ok()) << headers.error().message;
  EXPECT_THAT(headers.info().warnings.at(0), HasSubstr("it ends after 1 of 2 program headers"));
  EXPECT_EQ((Opened{{whole.substr(0, 64)}}.error().code), ErrorCode::truncated_file);
  EXPECT_EQ((Opened{{whole.substr(0, 30)}}.error().code), ErrorCode::truncated_file);
}

TEST(Elf, IgnoresSegmentsWithoutAPhysicalAddress) {
  const Opened opened = Opened::described(
      "format elf\nsegment ffffffffffffffff ffffffffc0000000 1 1 5\nsegment 3000 ffff888000003000 1 1\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened.info().segments.size(), 1U);
  EXPECT_EQ(opened.page(3), tiny_page(3, 4096));
  EXPECT_EQ(opened.info().max_page_frame, 4U);
}

/// As /proc/kcore: its bytes can be changed while it is open.
class ChangingFile final : public File {
 public:
  explicit ChangingFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string& bytes() { return bytes_; }
  const std::filesystem::path& path() const override { return path_; }
  std::uint64_t size() const override { return bytes_.size(); }
  bool changes() const override { return true; }
  Result<std::size_t> read_some(FileOffset offset, std::span<std::byte> out) const override {
    const std::size_t begin = std::min<std::size_t>(offset.value, bytes_.size());
    const std::size_t length = std::min(out.size(), bytes_.size() - begin);
    std::memcpy(out.data(), bytes_.data() + begin, length);
    return length;
  }

 private:
  std::filesystem::path path_ = "kcore";
  std::string bytes_;
};

TEST(Elf, ReadsTheRunningKernelsMemoryAnewEachTime) {
  // The image lies within an area of memory, whose bytes are to be taken: what it once held may be no part of it now.
  const auto file = std::make_shared<ChangingFile>(
      tiny_dump("format elf\nsegment 2000 ffffffff80002000 1 1 77\nsegment 1000 ffff888000001000 4 4\n"));
  const auto dump = open_files({file});
  ASSERT_TRUE(dump) << dump.error().message;
  EXPECT_TRUE((*dump)->info().live);
  EXPECT_THAT((*dump)->info().format, HasSubstr("running kernel"));
  const auto page = [&dump] {
    const auto got = (*dump)->page(PageFrame{2});
    return got ? std::string{reinterpret_cast<const char*>(got->bytes.get()), 4096} : got.error().message;
  };
  EXPECT_EQ(page(), tiny_page(2, 4096));
  const std::size_t at = file->bytes().find(tiny_page(2, 4096));
  ASSERT_NE(at, std::string::npos);
  file->bytes()[at + 7] = '#';
  EXPECT_EQ(page()[7], '#');
  std::byte byte{};
  ASSERT_TRUE((*dump)->read(PhysicalAddress{0x2007}, std::span{&byte, 1}));
  EXPECT_EQ(byte, std::byte{'#'});
  file->bytes()[at + 7] = '!';
  ASSERT_TRUE((*dump)->read(PhysicalAddress{0x2007}, std::span{&byte, 1}));
  EXPECT_EQ(byte, std::byte{'!'});
  file->bytes().resize(at);
  EXPECT_EQ((*dump)->page(PageFrame{2}).error().code, ErrorCode::page_truncated);
  EXPECT_EQ((*dump)->page(PageFrame{9}).error().code, ErrorCode::no_memory_there);
  EXPECT_FALSE(Opened::described("format elf\nsegment 1000 ffff888000001000 4 4\n").info().live);
}

TEST(Elf, NamesOtherCores) {
  EXPECT_THAT(Opened::described("format elf\nnote CORE 1\nnote CORE 6\nsegment 0 400000 1 1\nsegment 0 500000 1 1\n")
                  .error()
                  .message,
              HasSubstr("the core of a program"));
  EXPECT_THAT(Opened::described("format elf\nnote Xen 16777217\nsegment 0 0 1 1\n").error().message,
              HasSubstr("a Xen core"));
  EXPECT_THAT(Opened::described("format elf\nsegment 0 400000 1 1\nsegment 0 500000 1 1\n").error().message,
              HasSubstr("no physical addresses"));
  EXPECT_THAT(Opened::described("format elf\nnote CORE 1\n").error().message, HasSubstr("describes no memory"));
  std::string sections_only = tiny_dump("format elf\nsections yes\nsegment 1000 0 1 1\n");
  sections_only[56] = sections_only[57] = 0;  // e_phnum
  EXPECT_THAT((Opened{{sections_only}}.error().message), HasSubstr("a Xen core"));
  std::string big = tiny_dump("format elf\nsegment 1000 0 1 1\n");
  big[5] = 2;
  EXPECT_EQ((Opened{{big}}.error().code), ErrorCode::wrong_format);  // its type, read in its byte order, is no core
  std::swap(big[16], big[17]);
  EXPECT_EQ((Opened{{big}}.error().code), ErrorCode::wrong_architecture);
}

}  // namespace
}  // namespace alicia::dump

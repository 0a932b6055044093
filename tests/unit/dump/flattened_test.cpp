// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/dump/opened.hpp"

namespace alicia::dump {
namespace {

using test::Opened;
using test::tiny_page;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPages = "page 1 raw\npage 2 zlib\npage 9 zero\npage 40000 lzo\n";

TEST(Flattened, ReadsKdumpInRecordsOfAnySize) {
  for (const std::string machine : test::machines) {
    for (const std::string size : {"1", "100", "4096", "1000000"}) {
      SCOPED_TRACE(machine + size);
      const Opened opened = Opened::described("format kdump\n" + machine + "flatten " + size + "\n" + kPages);
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      EXPECT_EQ(opened.info().format, "flattened kdump-compressed version 6 (zlib)");
      EXPECT_THAT(opened.info().warnings, IsEmpty());
      for (const std::uint64_t frame : {1U, 2U, 40000U})
        EXPECT_EQ(opened.page(frame), tiny_page(frame, 4096));
      EXPECT_EQ(opened.page(9), std::string(4096, '\0'));
      EXPECT_EQ(opened.page(3), "no_memory_there");
    }
  }
}

TEST(Flattened, ReadsElf) {
  const Opened opened = Opened::described("format elf\nflatten 777\nsegment 1000 0 3 4\n");
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened.info().format, "flattened ELF vmcore");
  EXPECT_EQ(opened.read(0x1800, 0x1000), (tiny_page(1, 4096) + tiny_page(2, 4096)).substr(0x800, 0x1000));
  EXPECT_EQ(opened.page(4), "absent_or_zero");
}

TEST(Flattened, ReadsSplitDumps) {
  const auto part = [](const std::string& range) {
    return test::tiny_dump("format kdump\nflatten 500\nframes 20\nsplit " + range + "\npage 2 raw\npage 12 raw\n");
  };
  const Opened opened{{part("10 20"), part("0 10")}};
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened.page(2), tiny_page(2, 4096));
  EXPECT_EQ(opened.page(12), tiny_page(12, 4096));
}

TEST(Flattened, SaysWhatATruncatedOneLacks) {
  const std::string whole = test::tiny_dump("format kdump\nflatten 4096\npage 1 raw\npage 2 raw\npage 3 raw\n");
  const Opened opened{{whole.substr(0, whole.size() - 5000)}};
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_THAT(opened.info().warnings, Contains(HasSubstr("the end mark of a flattened file is missing")));
  EXPECT_THAT(opened.info().warnings, Contains(HasSubstr("of 3 pages lie beyond its end")));
  EXPECT_EQ(opened.page(1), tiny_page(1, 4096));
  EXPECT_EQ(opened.page(3), "page_truncated");
}

TEST(Flattened, RefusesWhatItDoesNotUnderstand) {
  const std::string whole = test::tiny_dump("format kdump\nflatten 4096\npage 1 raw\n");
  std::string other_version = whole;
  other_version[31] = 2;
  EXPECT_EQ((Opened{{other_version}}.error().code), ErrorCode::wrong_format);
  EXPECT_EQ((Opened{{whole.substr(0, 4000)}}.error().code), ErrorCode::truncated_file);
  std::string negative = whole;
  negative[4096 + 8] = '\x80';
  EXPECT_EQ((Opened{{negative}}.error().code), ErrorCode::corrupt);
  EXPECT_THAT((Opened{{test::flatten(whole, 4096)}}.error().message), HasSubstr("flattened twice"));
  EXPECT_THAT((Opened{{test::flatten("just a text\n", 4096)}}.error().message), HasSubstr("a text file (flattened)"));
}

}  // namespace
}  // namespace alicia::dump

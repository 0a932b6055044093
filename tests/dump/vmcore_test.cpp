// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dump/pages.hpp"
#include "dump/repacked.hpp"
#include "unit/dump/temporary_folder.hpp"

namespace alicia::dump {
namespace {

using test::compare;
using test::open_or_throw;
using test::output_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

class Vmcore : public testing::TestWithParam<std::string> {
 protected:
  const std::filesystem::path scenario = test::scenario(GetParam());
  std::unique_ptr<Dump> open(const std::string& file) const { return open_or_throw({scenario / file}); }
  test::TemporaryFolder folder;
};

INSTANTIATE_TEST_SUITE_P(Dumps, Vmcore, testing::Values("sysrq-6.1", "sysrq-6.12"),
                         [](const auto& entry) { return entry.param == "sysrq-6.1" ? "v6_1" : "v6_12"; });

TEST_P(Vmcore, ZlibPagesEqualTheLzoPagesTheyWereMadeFrom) {
  const auto counts = compare(*open("dump.kdump"), *open("dump.lzo"));
  EXPECT_GT(counts.at("equal"), 10'000U);
  EXPECT_GT(counts.at("page_excluded/present"), 10'000U);  // what -d 31 takes and -d 1 keeps
  EXPECT_THAT(counts, UnorderedElementsAre(Key("equal"), Key("page_excluded/present"), Key("page_excluded/zero"),
                                           Key("no_memory_there/no_memory_there"), Key("page_excluded/page_excluded")));
}

TEST_P(Vmcore, TheFlattenedFileEqualsTheOneItStandsFor) {
  const auto flat = open("dump.flat");
  const auto whole = open("dump.kdump");
  EXPECT_THAT(flat->info().warnings, IsEmpty());
  EXPECT_EQ(flat->info().format, "flattened " + whole->info().format);
  EXPECT_EQ(flat->info().vmcoreinfo, whole->info().vmcoreinfo);
  EXPECT_THAT(compare(*flat, *whole), UnorderedElementsAre(Key("equal"), Key("no_memory_there/no_memory_there"),
                                                           Key("page_excluded/page_excluded")));
}

TEST_P(Vmcore, ElfPagesEqualLzoPagesAndGapsHoldZerosOrWhatWasExcluded) {
  const auto elf = open("dump.elf");
  const auto lzo_counts = compare(*elf, *open("dump.lzo"));
  EXPECT_GT(lzo_counts.at("equal"), 10'000U);
  EXPECT_EQ(lzo_counts.count("DIFFERENT"), 0U);
  // Its own filter left the gaps, so what the other filter kept of them is zero pages.
  const auto counts = compare(*elf, *open("dump.kdump"));
  EXPECT_EQ(counts.count("DIFFERENT"), 0U);
  EXPECT_EQ(counts.count("absent_or_zero/present"), 0U);
  EXPECT_GT(counts.at("absent_or_zero/zero"), 500U);
}

TEST_P(Vmcore, FlattenedElfEqualsElf) {
  const auto flat = folder.path() / "elf.flat";
  output_of(
      fmt::format("makedumpfile -F -E -d 1 {} 2>/dev/null > {}", (scenario / "dump.elf").string(), flat.string()));
  const auto counts = compare(*open_or_throw({flat}), *open("dump.elf"));
  EXPECT_EQ(counts.count("DIFFERENT"), 0U);
  EXPECT_GT(counts.at("equal"), 10'000U);
  EXPECT_THAT(counts, testing::Not(testing::Contains(Key(HasSubstr("present")))));
}

TEST_P(Vmcore, SplitDumpsEqualTheWhole) {
  const auto part = [this](int number) { return folder.path() / fmt::format("part{}", number); };
  output_of(fmt::format("makedumpfile -c -d 31 --split {} {} {} {} >/dev/null 2>&1", (scenario / "dump.lzo").string(),
                        part(0).string(), part(1).string(), part(2).string()));
  output_of(fmt::format("makedumpfile -c -d 31 {} {} >/dev/null 2>&1", (scenario / "dump.lzo").string(),
                        (folder.path() / "whole").string()));
  const auto whole = open_or_throw({folder.path() / "whole"});
  const auto split = open_or_throw({part(1), part(2), part(0)});
  EXPECT_THAT(split->info().warnings, IsEmpty());
  EXPECT_THAT(compare(*split, *whole), UnorderedElementsAre(Key("equal"), Key("no_memory_there/no_memory_there"),
                                                            Key("page_excluded/page_excluded")));
}

TEST_P(Vmcore, TheHeadersTellOfTheGuest) {
  const auto dump = open("dump.kdump");
  const DumpInfo& info = dump->info();
  EXPECT_EQ(info.architecture, Architecture::x86_64);
  EXPECT_EQ(info.cpus, 2U);
  EXPECT_THAT(info.vmcoreinfo, HasSubstr("OSRELEASE=" + info.release + "\n"));
  EXPECT_THAT(info.vmcoreinfo, HasSubstr(fmt::format("CRASHTIME={}\n", *info.timestamp)));
  EXPECT_EQ(info.notes.size(), 3U);
  EXPECT_EQ(info.memory.size(), 3U);
  EXPECT_THAT(info.warnings, IsEmpty());
}

/// Pages that can't be had because the file ends before them.
std::uint64_t count_truncated(const Dump& dump) {
  std::uint64_t count = 0;
  for (std::uint64_t frame = 0; frame < dump.info().max_page_frame; ++frame) {
    const auto page = dump.page(PageFrame{frame});
    if (!page && page.error().code == ErrorCode::page_truncated) ++count;
  }
  return count;
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;)
    text.insert(at -= 3, 1, ',');
  return text;
}

TEST_P(Vmcore, TruncatedCopiesSayExactlyWhatTheyLack) {
  for (const char* file : {"dump.kdump", "dump.elf", "dump.flat"}) {
    const auto whole = open(file);
    for (const unsigned percent : {2U, 50U, 99U}) {
      SCOPED_TRACE(fmt::format("{} at {} %", file, percent));
      const auto copy = folder.path() / "copy";
      std::filesystem::copy_file(scenario / file, copy, std::filesystem::copy_options::overwrite_existing);
      std::filesystem::resize_file(copy, std::filesystem::file_size(copy) * percent / 100);
      const auto cut = open_or_throw({copy});
      const std::uint64_t lost = count_truncated(*cut);
      EXPECT_GT(lost, 0U);
      EXPECT_THAT(cut->info().warnings, testing::Contains(HasSubstr(with_commas(lost) + " of ")));
      for (const auto& [state, count] : compare(*cut, *whole, 7)) {
        EXPECT_TRUE(state == "equal" || state == "page_truncated/present" || state == "page_truncated/zero" ||
                    state.substr(0, state.find('/')) == state.substr(state.find('/') + 1))
            << state << " " << count;
      }
    }
  }
}

TEST_P(Vmcore, SnappyPagesEqualTheZlibPages) {
  if (std::getenv("ALICIA_FULL") == nullptr) GTEST_SKIP() << "with ALICIA_FULL";
  const auto whole = open("dump.kdump");
  const auto file = folder.write("snappy", test::repacked_with_snappy(scenario / "dump.kdump"));
  const auto dump = open_or_throw({file});
  EXPECT_THAT(dump->info().warnings, IsEmpty());
  EXPECT_THAT(dump->info().format, HasSubstr("snappy"));
  EXPECT_EQ(dump->info().vmcoreinfo, whole->info().vmcoreinfo);
  const auto counts = compare(*dump, *whole);
  EXPECT_THAT(counts, UnorderedElementsAre(Key("equal"), Key("no_memory_there/no_memory_there"),
                                           Key("page_excluded/page_excluded")));
  EXPECT_GT(counts.at("equal"), 10'000U);
}

/// What Debian 13's makedumpfile wrote of the 6.1 guest with zstd: where all dumps are looked at.
class ZstdVmcore : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("ALICIA_FULL") == nullptr) GTEST_SKIP() << "with ALICIA_FULL";
    whole = open_or_throw({test::scenario("sysrq-6.1") / "dump.kdump"});
    scenario = test::scenario("zstd-6.1");
  }
  /// Every page, and every page's absence, is that of the zlib dump.
  void expect_whole(const Dump& dump) const {
    EXPECT_THAT(dump.info().warnings, IsEmpty());
    EXPECT_EQ(dump.info().vmcoreinfo, whole->info().vmcoreinfo);
    const auto counts = compare(dump, *whole);
    EXPECT_THAT(counts, UnorderedElementsAre(Key("equal"), Key("no_memory_there/no_memory_there"),
                                             Key("page_excluded/page_excluded")));
    EXPECT_GT(counts.at("equal"), 10'000U);
  }
  std::unique_ptr<Dump> whole;
  std::filesystem::path scenario;
};

TEST_F(ZstdVmcore, PagesEqualTheZlibPages) {
  const auto dump = open_or_throw({scenario / "dump.zstd"});
  EXPECT_THAT(dump->info().format, HasSubstr("zstd"));
  expect_whole(*dump);
}

TEST_F(ZstdVmcore, TheFlattenedFileEqualsTheOneItStandsFor) {
  const auto dump = open_or_throw({scenario / "dump.zstd-flat"});
  EXPECT_THAT(dump->info().format, testing::StartsWith("flattened "));
  expect_whole(*dump);
}

TEST_F(ZstdVmcore, SplitDumpsEqualTheWhole) {
  expect_whole(
      *open_or_throw({scenario / "dump.zstd-split2", scenario / "dump.zstd-split1", scenario / "dump.zstd-split3"}));
}

}  // namespace
}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
// Real memory written as LKCD did (tests/vmcores/lkcd): every page against the kdump it came from. That of i386 only
// where all dumps are looked at (ALICIA_FULL).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dump/pages.hpp"

namespace alicia::dump {
namespace {

struct Form {
  std::string scenario, parent;  ///< the dump of which it was made
  std::string form;
  Architecture architecture = Architecture::x86_64;

  friend std::ostream& operator<<(std::ostream& out, const Form& form) {
    return out << form.scenario << ' ' << form.form;
  }
};

class LkcdVmcore : public testing::TestWithParam<Form> {};

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const char* form : {"10-gzip", "8-gzip-shuffled", "9-rle-twice", "10-none-endless-sparse"})
    all.push_back({"lkcd-6.1", "sysrq-6.1", form});
  if (std::getenv("ALICIA_FULL") == nullptr) return all;
  for (const char* form : {"8-gzip", "9-rle-shuffled", "10-none-sparse", "10-rle-twice-endless"})
    all.push_back({"lkcd-i386", "i386", form, Architecture::i386});
  all.push_back({"lkcd-i386-pae", "i386-pae", "8-gzip", Architecture::i386});
  return all;
}

TEST_P(LkcdVmcore, HoldsThePagesOfTheKdump) {
  const Form& form = GetParam();
  const auto kdump = test::open_or_throw({test::scenario(form.parent) / "dump.kdump"});
  const auto lkcd = test::open_or_throw({test::scenario(form.scenario) / ("dump." + form.form)});
  const bool endless = form.form.find("endless") != std::string::npos;
  auto counts = test::compare(*lkcd, *kdump);
  // What a kdump tells apart, a dump without bitmaps and without an end cannot.
  for (const char* known : {"page_excluded/page_excluded", "page_excluded/no_memory_there",
                            "no_memory_there/page_excluded", "no_memory_there/no_memory_there"})
    counts.erase(known);
  if (endless) {
    counts.erase("page_truncated/page_excluded");
    counts.erase("page_truncated/no_memory_there");
  }
  EXPECT_GT(counts["equal"], 15000U);
  counts.erase("equal");
  EXPECT_THAT(counts, testing::IsEmpty());

  const DumpInfo& info = lkcd->info();
  EXPECT_EQ(info.architecture, form.architecture);
  EXPECT_EQ(info.system_name, "Linux");
  EXPECT_THAT(info.release, testing::StartsWith("6.1.0-"));
  EXPECT_THAT(info.version, testing::HasSubstr("Debian"));
  EXPECT_EQ(info.panic, "sysrq triggered crash");
  EXPECT_EQ(info.cpus, 2U);
  EXPECT_EQ(info.warnings.size(), endless ? 1U : 0U);
}

TEST_P(LkcdVmcore, HandsOnTheRegistersOfTheKdump) {
  const Form& form = GetParam();
  const auto kdump = test::open_or_throw({test::scenario(form.parent) / "dump.kdump"});
  const auto lkcd = test::open_or_throw({test::scenario(form.scenario) / ("dump." + form.form)});
  std::vector<const Note*> expected;
  for (const Note& note : kdump->info().notes)
    if (note.name == "CORE" && note.type == 1) expected.push_back(&note);
  ASSERT_EQ(expected.size(), 2U);
  ASSERT_EQ(lkcd->info().notes.size(), 2U);
  const bool wide = form.architecture == Architecture::x86_64;
  for (std::size_t cpu = 0; cpu < 2; ++cpu) {
    const auto& found = lkcd->info().notes[cpu].content;
    const auto& truth = expected[cpu]->content;
    const auto equal = [&](std::size_t from, std::size_t length) {
      ASSERT_GE(truth.size(), from + length);
      ASSERT_GE(found.size(), from + length);
      EXPECT_EQ(std::memcmp(found.data() + from, truth.data() + from, length), 0) << "processor " << cpu;
    };
    if (wide) {
      equal(112, 168);
    } else {  // all but fs and gs
      equal(72, 36);
      equal(116, 24);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Dumps, LkcdVmcore, testing::ValuesIn(forms()), [](const auto& entry) {
  std::string name = entry.param.scenario + "_" + entry.param.form;
  std::erase_if(name, [](char each) { return each == '.'; });
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/options.hpp"

#include <gmock/gmock.h>

namespace {

using alicia::app::Batch;
using alicia::app::Leave;
using alicia::app::Mode;
using alicia::app::Options;
using alicia::app::parse_options;
using alicia::session::ApiChoice;
using testing::ElementsAre;
using testing::HasSubstr;

Options accepted(const std::vector<std::string>& arguments) {
  auto parsed = parse_options(arguments);
  if (const auto* leave = std::get_if<Leave>(&parsed)) throw std::runtime_error(leave->text);
  return std::get<Options>(parsed);
}

Leave refused(const std::vector<std::string>& arguments) {
  return std::get<Leave>(parse_options(arguments));
}

TEST(Options, BareModeTakesFilesInAnyOrder) {
  const Options options = accepted({"-q", "map", "vmcore", "vmlinux"});
  EXPECT_EQ(options.mode, Mode::bare);
  EXPECT_TRUE(options.quiet);
  EXPECT_THAT(options.arguments, ElementsAre("map", "vmcore", "vmlinux"));
}

TEST(Options, AllThatFollowsCrashIsCrashs) {
  const Options options = accepted({"--api=debugger", "-crash", "-s", "map", "--minimal", "-e", "vi", "dump"});
  EXPECT_EQ(options.mode, Mode::crash);
  EXPECT_EQ(options.api, ApiChoice::debugger);
  EXPECT_TRUE(options.batches.empty());
  EXPECT_THAT(options.arguments, ElementsAre("-s", "map", "--minimal", "-e", "vi", "dump"));
}

TEST(Options, CrashHasOptionsThatAliciaHas) {
  EXPECT_THAT(accepted({"-crash", "-x", "dump", "-e", "emacs", "--mod", "dir"}).arguments,
              ElementsAre("-x", "dump", "-e", "emacs", "--mod", "dir"));
}

TEST(Options, NoneOfAliciasStandsBehindTheMode) {
  for (const char* mode : {"-crash", "-lcrash"}) {
    for (const char* option : {"-e", "-I", "-q", "--api", "--api=native", "--stop-on-error", "--no-config"}) {
      const Leave leave = refused({mode, "map", "dump", option, "word"});
      EXPECT_EQ(leave.status, 2);
      const std::string name = std::string(option).substr(0, std::string_view(option).find('='));
      EXPECT_EQ(leave.text, "alicia: " + name + " stands after " + mode + ", and Alicia's options stand before it\n");
    }
  }
  EXPECT_EQ(refused({"-lcrash", "map", "dump", "-x", "-"}).status, 2);
}

TEST(Options, BatchesKeepTheirOrderAndTakeOneWordEach) {
  const Options options = accepted({"-e", "one", "-x", "-", "-e", "two", "dump"});
  ASSERT_EQ(options.batches.size(), 3U);
  EXPECT_EQ(options.batches[0].text, "one");
  EXPECT_EQ(options.batches[1].kind, Batch::Kind::file);
  EXPECT_EQ(options.batches[1].text, "-");
  EXPECT_EQ(options.batches[2].text, "two");
  EXPECT_THAT(options.arguments, ElementsAre("dump"));
}

TEST(Options, CodeThatLooksLikeAModeIsCode) {
  const Options options = accepted({"-e", "-crash", "dump"});
  EXPECT_EQ(options.mode, Mode::bare);
  EXPECT_EQ(options.batches.at(0).text, "-crash");
}

TEST(Options, UsageErrorsAreOneLineAndStatusTwo) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"--bogus", "dump"},
                                                                     {"--api=other", "dump"},
                                                                     {"-e"},
                                                                     {"-crash"},
                                                                     {"dump", "-crash", "dump"},
                                                                     {"--config=a", "--no-config", "dump"}}) {
    const Leave leave = refused(arguments);
    EXPECT_EQ(leave.status, 2);
    EXPECT_THAT(leave.text, testing::StartsWith("alicia: "));
    EXPECT_EQ(std::count(leave.text.begin(), leave.text.end(), '\n'), 1) << leave.text;
  }
}

TEST(Options, HelpNamesEveryOption) {
  for (const char* argument : {"-h", "--help"}) {
    const Leave leave = refused({argument});
    EXPECT_EQ(leave.status, 0);
    for (const char* option : {"-e", "-x", "-I", "--api", "--config", "--no-config", "--stop-on-error", "-q", "-V",
                               "-crash", "-lcrash", "--crashrc"}) {
      EXPECT_THAT(leave.text, HasSubstr(option));
    }
  }
  EXPECT_THAT(refused({"-V"}).text, testing::MatchesRegex("alicia [0-9.]+\n"));
}

}  // namespace

// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/arguments.hpp"

#include <gmock/gmock.h>

namespace alicia::lcrash {
namespace {

using testing::ElementsAre;

TEST(ArgumentsTest, ReadsNumbersAsTheOriginalDid) {
  EXPECT_EQ(parse_number("10"), 10);
  EXPECT_EQ(parse_number("0x10"), 16);
  EXPECT_EQ(parse_number("c04db300"), 0xc04db300);
  EXPECT_EQ(parse_number("10f"), 0x10f);
  EXPECT_EQ(parse_number("#10"), 10);
  EXPECT_EQ(parse_number("18446744073709551615"), ~std::uint64_t{0});
  for (const char* wrong :
       {"", "#", "0x", "-1", "18446744073709551616", "0x10000000000000000", "#c0", "xyz", "1 2", "cg"})
    EXPECT_EQ(parse_number(wrong), std::nullopt) << wrong;
}

TEST(ArgumentsTest, TakesOptionsOff) {
  const auto arguments = parse_arguments(" -xB -w out.txt  c0 'two words' (a + b)", "dxBw:", false);
  ASSERT_TRUE(arguments) << arguments.error().message;
  EXPECT_TRUE(arguments->has('x'));
  EXPECT_TRUE(arguments->has('B'));
  EXPECT_FALSE(arguments->has('d'));
  EXPECT_EQ(arguments->options.at('w'), "out.txt");
  EXPECT_EQ(arguments->text, "c0 'two words' (a + b)");
  EXPECT_THAT(arguments->words, ElementsAre("c0", "two words", "(a + b)"));
}

TEST(ArgumentsTest, LeavesExpressionsAlone) {
  const auto arguments = parse_arguments("-x -1 + 2", "x", true);
  ASSERT_TRUE(arguments) << arguments.error().message;
  EXPECT_TRUE(arguments->has('x'));
  EXPECT_EQ(arguments->text, "-1 + 2");
}

TEST(ArgumentsTest, RefusesUnknownOptions) {
  EXPECT_EQ(parse_arguments("-q", "dx", false).error().message, "unknown option -q");
  EXPECT_EQ(parse_arguments("-w", "w:", false).error().message, "-w needs a word behind it");
}

}  // namespace
}  // namespace alicia::lcrash

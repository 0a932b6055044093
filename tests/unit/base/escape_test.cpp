// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/escape.hpp"

#include <gtest/gtest.h>

namespace {

using alicia::visible;

TEST(Visible, LeavesPrintableTextAlone) {
  EXPECT_EQ(visible("kworker/0:1-events"), "kworker/0:1-events");
  EXPECT_EQ(visible("日本語 é €"), "日本語 é €");
}

TEST(Visible, ShowsControlCharacters) {
  EXPECT_EQ(visible("\x1b[2Jhi\x07"), "\\x1b[2Jhi\\x07");
  EXPECT_EQ(visible("\x7f"), "\\x7f");
  EXPECT_EQ(visible(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(visible("\xc2\x9b"), "\\xc2\\x9b") << "a C1 control is an escape, too";
}

TEST(Visible, KeepsLinesOnlyWhereAsked) {
  EXPECT_EQ(visible("a\n\tb", true), "a\n\tb");
  EXPECT_EQ(visible("a\nb"), "a\\x0ab");
}

TEST(Visible, ShowsBrokenUtf8ByteByByte) {
  EXPECT_EQ(visible("\xff"), "\\xff");
  EXPECT_EQ(visible("\xe6\x97"), "\\xe6\\x97") << "cut short";
  EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
}

TEST(Visible, ShowsWhatReordersText) {
  EXPECT_EQ(visible("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "right-to-left override";
}

}  // namespace

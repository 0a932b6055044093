// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/answer_filter.hpp"

#include <gtest/gtest.h>

namespace alicia::debugger {
namespace {

// Feeds `text` in pieces of every size and gives the answer, which must never depend on the pieces.
std::string answer(const Manners& manners, std::string_view text, std::string* behind = nullptr) {
  std::string first;
  for (std::size_t piece = text.size(); piece > 0; --piece) {
    AnswerFilter filter(manners, "sym x", "echo m", "MARK-1\n");
    std::string collected;
    for (std::size_t at = 0; at < text.size(); at += piece)
      collected += filter.feed(text.substr(at, piece));
    EXPECT_TRUE(filter.complete()) << piece;
    if (behind) *behind = filter.rest();
    if (piece == text.size()) first = collected;
    EXPECT_EQ(collected, first) << "in pieces of " << piece;
  }
  return first;
}

TEST(AnswerFilter, CutsAtTheMarker) {
  EXPECT_EQ(answer({}, "0 x\nMARK-1\n"), "0 x\n");
  EXPECT_EQ(answer({}, "MARK-1\n"), "");
  EXPECT_EQ(answer({}, "no newlineMARK-1\n"), "no newline");
  EXPECT_EQ(answer({}, "MARK-2\nMARK-1MARK-1\n"), "MARK-2\nMARK-1");
}

TEST(AnswerFilter, TakesPromptAndEchoAway) {
  EXPECT_EQ(answer({"crash> ", false}, "crash> 0 x\ncrash> MARK-1\n"), "0 x\n");
  EXPECT_EQ(answer({"", true}, "sym x\n0 x\necho m\nMARK-1\n"), "0 x\n");
  EXPECT_EQ(answer({">> ", true}, ">> sym x\n0 x\n>> echo m\nMARK-1\n"), "0 x\n");
}

TEST(AnswerFilter, LeavesWhatOnlyLooksLikeThem) {
  EXPECT_EQ(answer({"crash> ", false}, "crash> crash> is a prompt\ncrash> MARK-1\n"), "crash> is a prompt\n");
  EXPECT_EQ(answer({"crash> ", false}, "0 x\nMARK-1\n"), "0 x\n");
  EXPECT_EQ(answer({">> ", true}, "0 x\n>> MARK-1\n"), "0 x\n>> ");
}

TEST(AnswerFilter, KeepsWhatComesBehindTheMarker) {
  std::string behind;
  EXPECT_EQ(answer({}, "0 x\nMARK-1\nlate\n", &behind), "0 x\n");
}

TEST(AnswerFilter, GivesBackWhatItHeldWhenTheDebuggerDies) {
  AnswerFilter filter({}, "sym x", "echo m", "MARK-1\n");
  EXPECT_EQ(filter.feed("half MARK"), "half ");
  EXPECT_FALSE(filter.complete());
  EXPECT_EQ(filter.rest(), "MARK");
}

TEST(Manners, AreLearntFromWhatLiesBetweenTwoMarkers) {
  EXPECT_EQ(Manners::learn("", "echo m").prompt, "");
  EXPECT_FALSE(Manners::learn("", "echo m").echoes);
  EXPECT_EQ(Manners::learn("crash> ", "echo m").prompt, "crash> ");
  const auto both = Manners::learn(">> echo m\n", "echo m");
  EXPECT_EQ(both.prompt, ">> ");
  EXPECT_TRUE(both.echoes);
  EXPECT_EQ(Manners::learn("a late warning\n", "echo m").prompt, "");
}

}  // namespace
}  // namespace alicia::debugger

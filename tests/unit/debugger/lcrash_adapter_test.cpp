// SPDX-License-Identifier: GPL-3.0-or-later
//
// The adapter against an lcrash that misbehaves (fake_lcrash).
#include "debugger/lcrash_adapter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "debugger/lcrash_dialect.hpp"

namespace alicia::debugger {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class LcrashAdapterTest : public testing::Test {
 protected:
  std::unique_ptr<LcrashAdapter> adapter(const std::string& mode) {
    return std::make_unique<LcrashAdapter>(LcrashOptions{FAKE_LCRASH, {"map", "dump", "kerntypes", mode}, {}},
                                           cancellation_);
  }

  // What a command prints; its error, if any, in `error_`.
  std::string run(LcrashAdapter& lcrash, std::string_view line) {
    StringOutput output;
    const auto result = lcrash.run(line, output);
    error_ = result ? Error{ErrorCode::internal, "none", {}} : result.error();
    return output.take();
  }

  Cancellation cancellation_;
  Error error_;
};

// Every form of base, with and without prompt and echo.
TEST_F(LcrashAdapterTest, WhateverItPrintsAroundAnAnswerIsTakenAway) {
  for (const std::string form : {"plain", "ruler", "ahead", "after", "line", "single"}) {
    for (const std::string manner : {"", ",prompt", ",echo", ",prompt,echo", ",terse"}) {
      const std::string mode = form + manner;
      auto lcrash = adapter(mode);
      EXPECT_EQ(run(*lcrash, "say hello"), "hello\n") << mode;
      EXPECT_EQ(error_.message, "none") << mode;
      EXPECT_EQ(run(*lcrash, "part no newline"), "no newline") << mode;
      EXPECT_EQ(run(*lcrash, "say >> "), ">> \n") << mode;
      EXPECT_EQ(run(*lcrash, "lines 3"), "line 1\nline 2\nline 3\n") << mode;
      EXPECT_EQ(run(*lcrash, "part "), "") << mode;
    }
  }
}

TEST_F(LcrashAdapterTest, OneThatCannotBeTalkedToIsRefused) {
  auto lcrash = adapter("random");
  run(*lcrash, "say hello");
  EXPECT_EQ(error_.code, ErrorCode::debugger_refused);
  EXPECT_THAT(error_.message, HasSubstr("lcrash does not answer as it should"));
}

TEST_F(LcrashAdapterTest, AnErrorLineIsPrintedAndFails) {
  auto lcrash = adapter("prompt");
  EXPECT_EQ(run(*lcrash, "bogus"), "lcrash: unknown command: bogus\n");
  EXPECT_EQ(error_.code, ErrorCode::debugger_error);
  EXPECT_EQ(run(*lcrash, "trouble ahead"), "trouble: ahead\n");
  EXPECT_EQ(error_.code, ErrorCode::debugger_error);
  run(*lcrash, "say dump: somebody else's name");
  EXPECT_EQ(error_.message, "none");
}

TEST_F(LcrashAdapterTest, NothingWaitsForAKey) {
  auto lcrash = adapter("plain");
  EXPECT_EQ(run(*lcrash, "pager"), "cat\n");
}

TEST_F(LcrashAdapterTest, BigAndBinaryOutputComesWhole) {
  auto lcrash = adapter("prompt");
  EXPECT_EQ(run(*lcrash, "blob 10000000").size(), 10000001U);
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  EXPECT_EQ(run(*lcrash, "binary"), all);
}

TEST_F(LcrashAdapterTest, OutputBehindTheMarkerGoesToTheNextCommand) {
  auto lcrash = adapter("ruler,prompt");
  EXPECT_EQ(run(*lcrash, "late too late"), "");
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(run(*lcrash, "say hello"), "too late\nhello\n");
  EXPECT_EQ(run(*lcrash, "say hello"), "hello\n");
}

TEST_F(LcrashAdapterTest, RefusalIsExplainedAndRemembered) {
  for (const auto& [mode, reason] : {std::pair{"refuse", "d is no dump"}, std::pair{"refuse,terse", "d is no dump"},
                                     std::pair{"silent-death", "it gives no reason"}}) {
    auto lcrash = adapter(mode);
    for (int time = 0; time < 2; ++time) {
      EXPECT_EQ(run(*lcrash, "say hello"), "");
      EXPECT_EQ(error_.code, ErrorCode::debugger_refused);
      EXPECT_EQ(error_.message, std::string("lcrash cannot open this dump: ") + reason);
    }
    EXPECT_TRUE(lcrash->refused());
  }
}

TEST_F(LcrashAdapterTest, DeathIsOneLineAndMended) {
  auto lcrash = adapter("prompt,ruler");
  EXPECT_EQ(run(*lcrash, "die"), "last words\n");
  EXPECT_EQ(error_.message, "lcrash was killed by SIGKILL; the next debugger command starts it again");
  EXPECT_EQ(run(*lcrash, "say hello"), "hello\n");
  run(*lcrash, "leave 4");
  EXPECT_EQ(error_.message, "lcrash exited with status 4; the next debugger command starts it again");
  run(*lcrash, "mute");
  EXPECT_EQ(error_.code, ErrorCode::debugger_died);
  EXPECT_EQ(run(*lcrash, "say hello"), "hello\n");
  EXPECT_EQ(run(*lcrash, "quit"), "");
  EXPECT_EQ(error_.message, "none");
}

TEST_F(LcrashAdapterTest, CtrlCEndsTheWaitingForAStartThatHangs) {
  auto lcrash = adapter("hang");
  std::thread user([&] {
    std::this_thread::sleep_for(200ms);
    cancellation_.request();
  });
  const auto begun = Clock::now();
  run(*lcrash, "say hello");
  user.join();
  EXPECT_EQ(error_.code, ErrorCode::interrupted);
  EXPECT_LT(Clock::now() - begun, 5s);
}

TEST_F(LcrashAdapterTest, CtrlCAbortsTheCommandAndKeepsTheDebugger) {
  auto lcrash = adapter("prompt,echo,ruler");
  for (const auto delay : {30ms, 150ms}) {
    run(*lcrash, "say hello");
    std::thread user([&] {
      std::this_thread::sleep_for(delay);
      cancellation_.request();
    });
    run(*lcrash, "nap 100");
    user.join();
    EXPECT_EQ(error_.code, ErrorCode::interrupted);
    cancellation_.clear();
    EXPECT_EQ(run(*lcrash, "say hello"), "hello\n");
  }
  std::thread user([&] {
    std::this_thread::sleep_for(200ms);
    cancellation_.request();
    std::this_thread::sleep_for(300ms);
    cancellation_.request();
  });
  run(*lcrash, "deaf");
  user.join();
  EXPECT_EQ(error_.message, "interrupted; lcrash would not stop and was ended");
  cancellation_.clear();
  EXPECT_EQ(run(*lcrash, "say hello"), "hello\n");
}

TEST_F(LcrashAdapterTest, ItsCommandsAreKnownBeforeItStarts) {
  auto lcrash = adapter("hang");
  for (const auto* word : {"symbol", "print", "px", "walk", "trace", "t"})
    EXPECT_TRUE(lcrash->has_command(word)) << word;
  EXPECT_FALSE(lcrash->has_command("sym"));
  EXPECT_FALSE(lcrash->has_command("bt"));
}

TEST(LcrashDialect, MarkersDifferAndTheirEchoIsNoReply) {
  const LcrashDialect dialect;
  const auto one = dialect.marker(0x1234, 1, {}), other = dialect.marker(0x1234, 2, {});
  EXPECT_NE(one.reply, other.reply);
  EXPECT_EQ(one.reply.size(), 10U);
  EXPECT_EQ(one.line.find(one.reply), std::string::npos);
  EXPECT_THAT(one.line, testing::StartsWith("base 0x"));
}

}  // namespace
}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
//
// The adapter against a debugger that misbehaves (fake_crash).
#include "debugger/crash_adapter.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace alicia::debugger {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class CrashAdapterTest : public testing::Test {
 protected:
  CrashAdapterTest() {
    folder_ = std::filesystem::temp_directory_path() / ("alicia-debugger-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    status_ = ::open((folder_ / "status").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  }
  ~CrashAdapterTest() override {
    ::close(status_);
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<CrashAdapter> adapter(const std::string& mode, bool user_crashrc = false) {
    CrashOptions options;
    options.program = FAKE_CRASH;
    options.arguments = {mode};
    options.user_crashrc = user_crashrc;
    options.status = {status_, patience_, true};
    return std::make_unique<CrashAdapter>(std::move(options), cancellation_);
  }

  // What a command prints; its error, if any, in `error_`.
  std::string run(CrashAdapter& crash, std::string_view line) {
    StringOutput output;
    const auto result = crash.run(line, output);
    error_ = result ? Error{ErrorCode::internal, "none", {}} : result.error();
    return output.take();
  }

  std::string status_text() const {
    std::ifstream file(folder_ / "status");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  Cancellation cancellation_;
  Error error_;
  std::filesystem::path folder_;
  int status_ = -1;
  std::chrono::milliseconds patience_ = 1h;  // before a status line is shown
};

TEST_F(CrashAdapterTest, RunsCommands) {
  auto crash = adapter("plain");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
  EXPECT_EQ(error_.message, "none");
  EXPECT_EQ(run(*crash, "part without an end"), "without an end");
  EXPECT_EQ(run(*crash, "trouble on the error stream"), "on the error stream\n");
  EXPECT_EQ(run(*crash, "arguments"), "-s --no_crashrc --no_scroll --no_strip plain\n");
  EXPECT_EQ(status_text(), "");
}

TEST_F(CrashAdapterTest, AnErrorLineIsPrintedAndFails) {
  auto crash = adapter("plain");
  EXPECT_EQ(run(*crash, "bogus"), "crash: command not found: bogus\n");
  EXPECT_EQ(error_.code, ErrorCode::debugger_error);
  EXPECT_EQ(error_.message, "crash: command not found: bogus");
  run(*crash, "say say: one line of the command's own");
  EXPECT_EQ(error_.code, ErrorCode::debugger_error);
  run(*crash, "say rd: somebody else's name");
  EXPECT_EQ(error_.message, "none");
  run(*crash, "lines 2");
  EXPECT_EQ(error_.message, "none");
}

TEST_F(CrashAdapterTest, PromptAndEchoAreTakenAway) {
  for (const std::string mode : {"prompt", "echo", "prompt-echo"}) {
    auto crash = adapter(mode);
    EXPECT_EQ(run(*crash, "say hello"), "hello\n") << mode;
    EXPECT_EQ(run(*crash, "part no newline"), "no newline") << mode;
    EXPECT_EQ(run(*crash, "say crash> "), "crash> \n") << mode;
  }
}

TEST_F(CrashAdapterTest, ChattyStartIsDiscarded) {
  auto crash = adapter("chatty");
  crash->start_in_background();
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

// One that did wait would do so for 1,000 s.
TEST_F(CrashAdapterTest, StartingInTheBackgroundWaitsForNothing) {
  auto crash = adapter("hang");
  crash->start_in_background();
  EXPECT_TRUE(crash->has_command("bt"));
  EXPECT_TRUE(crash->has_command("px"));
  EXPECT_FALSE(crash->has_command("task_struct"));
}

TEST_F(CrashAdapterTest, WaitingForASlowStartIsShown) {
  patience_ = 100ms;
  auto crash = adapter("slow");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
  EXPECT_THAT(status_text(), HasSubstr("crash: starting … 0 s, Ctrl-C to stop waiting"));
}

TEST_F(CrashAdapterTest, CtrlCEndsTheWaitingNotTheStart) {
  auto crash = adapter("slow");
  std::thread user([&] {
    std::this_thread::sleep_for(100ms);
    cancellation_.request();
  });
  EXPECT_EQ(run(*crash, "say hello"), "");
  user.join();
  EXPECT_EQ(error_.code, ErrorCode::interrupted);
  cancellation_.clear();
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
  EXPECT_THAT(status_text(), testing::Not(HasSubstr("again")));
}

TEST_F(CrashAdapterTest, MissingProgramIsSaidEachTime) {
  CrashOptions options;
  options.program = "no-such-crash";
  CrashAdapter crash(std::move(options), cancellation_);
  crash.start_in_background();
  for (int time = 0; time < 2; ++time) {
    run(crash, "say hello");
    EXPECT_EQ(error_.code, ErrorCode::debugger_missing);
    EXPECT_EQ(error_.message, "crash cannot be started: no program named no-such-crash on PATH");
  }
}

TEST_F(CrashAdapterTest, RefusalIsExplainedAndRemembered) {
  const auto file = folder_ / "starts";
  ::setenv("FAKE_CRASH_STARTS", file.c_str(), 1);
  const auto starts = [&] {
    std::ifstream lines(file);
    return std::count(std::istreambuf_iterator<char>(lines), {}, '\n');
  };
  for (const auto& [mode, reason] : {std::pair{"refuse", "fake.dump: not a supported file format"},
                                     std::pair{"refuse-d1", "seek error: kernel virtual address: 12"},
                                     std::pair{"silent-death", "it gives no reason"}}) {
    auto crash = adapter(mode);
    run(*crash, "say hello");
    EXPECT_EQ(error_.code, ErrorCode::debugger_refused);
    EXPECT_EQ(error_.message, std::string("crash cannot open this dump: ") + reason);
    const auto before = starts();
    EXPECT_GT(before, 0);
    run(*crash, "say hello");
    EXPECT_EQ(error_.code, ErrorCode::debugger_refused);
    EXPECT_EQ(starts(), before) << "started again";
  }
  ::unsetenv("FAKE_CRASH_STARTS");
}

TEST_F(CrashAdapterTest, AnEmptyLineTriesARefusedOneAgain) {
  const auto file = folder_ / "present";
  ::setenv("FAKE_CRASH_FILE", file.c_str(), 1);
  auto crash = adapter("picky");
  run(*crash, "say hello");
  EXPECT_EQ(error_.message, "crash cannot open this dump: cannot open fake.dump");
  std::ofstream(file) << "now it is";
  run(*crash, "say hello");
  EXPECT_EQ(error_.code, ErrorCode::debugger_refused);
  EXPECT_EQ(run(*crash, ""), "");
  EXPECT_EQ(error_.message, "none");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, DeathWhileStartingIsNoRefusal) {
  auto killed = adapter("killed");
  run(*killed, "say hello");
  EXPECT_EQ(error_.code, ErrorCode::debugger_died);
  EXPECT_EQ(error_.message, "crash was killed by SIGKILL while starting; the next debugger command starts it again");
  auto stopped = adapter("stopped");
  run(*stopped, "say hello");
  EXPECT_EQ(error_.message, "crash was stopped by SIGSTOP while starting; the next debugger command starts it again");
}

TEST_F(CrashAdapterTest, DeathDuringACommandDeliversWhatCameAndIsSurvived) {
  auto crash = adapter("plain");
  EXPECT_EQ(run(*crash, "die"), "last words\n");
  EXPECT_EQ(error_.code, ErrorCode::debugger_died);
  EXPECT_EQ(error_.message, "crash was killed by SIGKILL; the next debugger command starts it again");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
  EXPECT_EQ(run(*crash, "half"), "half a li");
  EXPECT_EQ(error_.code, ErrorCode::debugger_died);
  run(*crash, "leave 3");
  EXPECT_EQ(error_.message, "crash exited with status 3; the next debugger command starts it again");
  run(*crash, "orphan");
  EXPECT_EQ(error_.message, "crash exited with status 4; the next debugger command starts it again");
  run(*crash, "mute");
  EXPECT_EQ(error_.message, "crash closed its output; the next debugger command starts it again");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, StoppedChildIsNoticed) {
  auto crash = adapter("plain");
  run(*crash, "stop");
  EXPECT_EQ(error_.code, ErrorCode::debugger_died);
  EXPECT_EQ(error_.message, "crash was stopped by SIGSTOP; the next debugger command starts it again");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, DeathBetweenCommandsIsSaidAndMended) {
  auto crash = adapter("plain");
  for (const int signal : {SIGKILL, SIGSTOP}) {
    const pid_t pid = std::stoi(run(*crash, "pid"));
    ::kill(pid, signal);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(run(*crash, "say hello"), "hello\n");
    EXPECT_EQ(error_.message, "none");
    EXPECT_NE(std::stoi(run(*crash, "pid")), pid);
    EXPECT_NE(::kill(pid, 0), 0);
  }
  EXPECT_THAT(status_text(), HasSubstr("alicia: crash was killed by SIGKILL; starting it again\n"));
  EXPECT_THAT(status_text(), HasSubstr("alicia: crash was stopped by SIGSTOP; starting it again\n"));
}

TEST_F(CrashAdapterTest, QuitIsNoError) {
  auto crash = adapter("plain");
  run(*crash, "quit");
  EXPECT_EQ(error_.message, "none");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, CtrlCAbortsTheCommandAndKeepsTheDebugger) {
  for (const std::string mode : {"plain", "forgetful", "prompt-echo"}) {
    auto crash = adapter(mode);
    const std::string pid = run(*crash, "pid");
    for (const auto delay : {1ms, 30ms, 150ms}) {
      std::thread user([&] {
        std::this_thread::sleep_for(delay);
        cancellation_.request();
      });
      run(*crash, "nap 100");
      user.join();
      EXPECT_EQ(error_.code, ErrorCode::interrupted) << mode;
      EXPECT_TRUE(cancellation_.requested());
      cancellation_.clear();
      EXPECT_EQ(run(*crash, "say hello"), "hello\n") << mode;
      EXPECT_EQ(run(*crash, "pid"), pid) << mode;
    }
  }
}

TEST_F(CrashAdapterTest, NothingIsAskedOnceCancelled) {
  auto crash = adapter("plain");
  run(*crash, "say hello");
  cancellation_.request();
  EXPECT_EQ(run(*crash, "say hello"), "");
  EXPECT_EQ(error_.code, ErrorCode::interrupted);
}

TEST_F(CrashAdapterTest, SecondCtrlCKillsWhatWouldNotStop) {
  auto crash = adapter("plain");
  run(*crash, "say hello");
  std::thread user([&] {
    std::this_thread::sleep_for(200ms);
    cancellation_.request();
    std::this_thread::sleep_for(300ms);
    cancellation_.request();
  });
  const auto begun = Clock::now();
  EXPECT_EQ(run(*crash, "deaf"), "deaf\n");
  user.join();
  EXPECT_EQ(error_.code, ErrorCode::interrupted);
  EXPECT_EQ(error_.message, "interrupted; crash would not stop and was ended");
  EXPECT_LT(Clock::now() - begun, 5s);
  cancellation_.clear();
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, CtrlCsFarApartAreTwoSignals) {
  auto crash = adapter("plain");
  const std::string pid = run(*crash, "pid");
  std::thread user([&] {
    std::this_thread::sleep_for(100ms);
    cancellation_.request();
    std::this_thread::sleep_for(1200ms);
    cancellation_.request();
    std::this_thread::sleep_for(1200ms);
    cancellation_.request();
    std::this_thread::sleep_for(300ms);
    cancellation_.request();
  });
  run(*crash, "deaf");
  user.join();
  EXPECT_EQ(error_.message, "interrupted; crash would not stop and was ended");
  cancellation_.clear();
}

// A reader that leaves after some lines, as `head` does.
class ShortOutput final : public Output {
 public:
  bool write(std::string_view text) override { return (size += text.size()) < 1000; }
  std::size_t size = 0;
};

TEST_F(CrashAdapterTest, ReaderThatLeavesEndsTheCommandInSilence) {
  auto crash = adapter("plain");
  const std::string pid = run(*crash, "pid");
  ShortOutput output;
  EXPECT_TRUE(crash->run("pour", output));
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
  EXPECT_EQ(run(*crash, "pid"), pid);
}

TEST_F(CrashAdapterTest, OutputBehindTheMarkerGoesToTheNextCommand) {
  auto crash = adapter("plain");
  EXPECT_EQ(run(*crash, "late news"), "");
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(run(*crash, "say hello"), "news\nhello\n");
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, BigAndBinaryOutputComesWhole) {
  auto crash = adapter("plain");
  EXPECT_EQ(run(*crash, "blob 10000000"), std::string(10000000, 'x') + '\n');
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  EXPECT_EQ(run(*crash, "binary"), all);
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, LinesThatCannotBeTakenAreRefused) {
  auto crash = adapter("plain");
  run(*crash, "say one\nsay two");
  EXPECT_EQ(error_.code, ErrorCode::bad_argument);
  run(*crash, std::string("say one\0two", 11));
  EXPECT_EQ(error_.code, ErrorCode::bad_argument);
  run(*crash, "say " + std::string(1495, 'x'));
  EXPECT_EQ(error_.code, ErrorCode::too_long);
  EXPECT_EQ(run(*crash, "say " + std::string(1494, 'x')), std::string(1494, 'x') + '\n');
  run(*crash, "set gdb on");
  EXPECT_EQ(error_.code, ErrorCode::not_supported);
  EXPECT_EQ(run(*crash, "say hello"), "hello\n");
}

TEST_F(CrashAdapterTest, SilenceIsShownAndTakenAway) {
  patience_ = 100ms;
  auto crash = adapter("plain");
  run(*crash, "say hello");
  std::thread user([&] {
    std::this_thread::sleep_for(600ms);
    cancellation_.request();
  });
  run(*crash, "nap 100");
  user.join();
  cancellation_.clear();
  EXPECT_THAT(status_text(), HasSubstr("\r\x1b[Kcrash: nap 100 … 0 s, Ctrl-C to stop"));
  EXPECT_TRUE(status_text().ends_with("\r\x1b[K"));
}

TEST_F(CrashAdapterTest, CommandTableTakesInWhatExtendAndAliasAdd) {
  auto crash = adapter("plain");
  EXPECT_FALSE(crash->has_command("mine"));
  EXPECT_FALSE(crash->has_command("mumble"));
  run(*crash, "say hello");
  EXPECT_FALSE(crash->has_command("mine"));
  run(*crash, "extend mine.so");
  EXPECT_TRUE(crash->has_command("mine"));
  EXPECT_TRUE(crash->has_command("mumble"));
  EXPECT_THAT(crash->commands(), testing::Contains("mumble"));
  // An error of the command behind an alias is one of the alias.
  run(*crash, "mumble");
  EXPECT_EQ(error_.code, ErrorCode::debugger_error);
  run(*crash, "quit");
  run(*crash, "say hello");
  EXPECT_FALSE(crash->has_command("mine")) << "a new crash knows nothing of it";
}

TEST_F(CrashAdapterTest, UsersCrashrcRunsOnlyWhenAskedFor) {
  std::ofstream(folder_ / ".crashrc") << "# comment\n\nalias mumble say softly\nbogus\n";
  ::setenv("HOME", folder_.c_str(), 1);
  auto without = adapter("plain");
  run(*without, "say hello");
  EXPECT_FALSE(without->has_command("mumble"));
  EXPECT_EQ(status_text(), "");
  auto with = adapter("plain", true);
  EXPECT_EQ(run(*with, "say hello"), "hello\n");
  EXPECT_TRUE(with->has_command("mumble"));
  EXPECT_EQ(status_text(), "alicia: " + (folder_ / ".crashrc").string() + ": crash: command not found: bogus\n");
}

TEST_F(CrashAdapterTest, SeveralThreadsMayAsk) {
  auto crash = adapter("plain");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int time = 0; time < 50; ++time) {
        StringOutput output;
        const std::string text = std::to_string(number * 1000 + time);
        if (!crash->run("say " + text, output) || output.text() != text + "\n") ++wrong;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(CrashAdapterTest, StopsAtAnyTime) {
  for (const std::string mode : {"hang", "slow", "plain", "silent-death", "stopped"}) {
    const auto begun = Clock::now();
    {
      auto crash = adapter(mode);
      crash->start_in_background();
      std::this_thread::sleep_for(20ms);
    }
    EXPECT_LT(Clock::now() - begun, 3s) << mode;
  }
}

}  // namespace
}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ctrl-C. Each of these is a way in which perl, embedded, escapes or breaks an interruption.
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "unit/perl/fixture.hpp"

namespace alicia::test {
namespace {

Cancellation* handler_target = nullptr;

void on_interrupt(int) {
  handler_target->request();
}

/// A kernel whose lists go on for ever: only an interruption ends a walk. Each read may ask for one.
class EndlessKernel final : public StandInKernel {
 public:
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    if (address.value < kEndless) return StandInKernel::read(address, out);
    if (on_read && ++reads == 1000) on_read();
    const std::uint64_t next = (address.value & ~std::uint64_t{0xff}) + 0x100;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = std::byte{static_cast<unsigned char>(next >> 8 * (i % 8))};
    }
    return {};
  }
  static constexpr std::uint64_t kEndless = 0xffffa00000000000;
  std::function<void()> on_read;
  mutable unsigned reads = 0;
};

class Interruption : public PerlTest {
 protected:
  std::unique_ptr<StandInKernel> make_kernel() override {
    auto kernel = std::make_unique<EndlessKernel>();
    endless_ = kernel.get();
    return kernel;
  }
  void prepare() override {
    handler_target = &cancellation_;
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, &before_);
  }
  void TearDown() override {
    PerlTest::TearDown();
    sigaction(SIGINT, &before_, nullptr);
  }

  /// Runs code while another process sends SIGINT after some milliseconds; how long it took, in seconds.
  double run_interrupted(std::string_view code, int milliseconds = 150) {
    const pid_t child = fork();
    if (child == 0) {
      usleep(static_cast<useconds_t>(milliseconds) * 1000);
      kill(getppid(), SIGINT);
      _exit(0);
    }
    const auto began = std::chrono::steady_clock::now();
    const auto done = perl_->run(code, "prompt", 1);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    code_ = done ? ErrorCode::internal : done.error().code;
    int status = 0;
    waitpid(child, &status, 0);
    cancellation_.clear();
    return took.count();
  }

  EndlessKernel* endless_ = nullptr;
  ErrorCode code_ = ErrorCode::internal;
  struct sigaction before_ {};
};

TEST_F(Interruption, EndsALoop) {
  EXPECT_LT(run_interrupted("while (1) { $n++ }"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(printed("print $n > 0 ? 'kept' : 'lost'"), "kept");
}

TEST_F(Interruption, EndsALoopThatEvalsWhateverHappens) {
  EXPECT_LT(run_interrupted("while (1) { eval { 1 while 1 }; eval { get_addr 'init_task' }; $caught++ }"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(printed("print $caught // 'never'"), "never");
}

TEST_F(Interruption, EndsALoopOverApiCalls) {
  EXPECT_LT(run_interrupted("while (1) { eval { get_mem(get_addr('linux_banner'), 4) } }"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
}

TEST_F(Interruption, EndsCodeThatRunsWhilePerlCompiles) {
  EXPECT_LT(run_interrupted("eval 'BEGIN { $begun = 1; 1 while 1 }'; $on = 1"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(printed("print $begun, defined $on ? 'on' : ''"), "1");
  EXPECT_LT(run_interrupted("eval q(BEGIN { eval q(BEGIN { get_addr 'init_task' while 1 }) }); $on = 1"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(printed("print defined $on ? 'on' : 'ended'"), "ended");
}

TEST_F(Interruption, PassesADieHandlerByAndRunsDestructors) {
  EXPECT_LT(run_interrupted("package Guard { sub DESTROY { $main::destroyed++ } } my $guard = bless [], 'Guard';"
                            "local $SIG{__DIE__} = sub { $main::hooked++ }; while (1) { eval { 1 while 1 } }"),
            5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(printed("print $destroyed, defined $hooked ? 'hooked' : ''"), "1");
}

TEST_F(Interruption, ReachesANativeLoop) {
  endless_->on_read = [&] { cancellation_.request(); };
  const auto done =
      perl_->run("my @all = list_entries(0xffffa00000000000, 'task_struct', 'tasks'); $walked = 1", "p", 1);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::interrupted);
  EXPECT_LT(endless_->reads, 1100U);
  cancellation_.clear();
  EXPECT_EQ(perl_->scalar("walked"), std::nullopt);
}

TEST_F(Interruption, WakesSleepAndSelect) {
  EXPECT_LT(run_interrupted("sleep 60; $slept = 1"), 20);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_LT(run_interrupted("select undef, undef, undef, 60; $slept = 1"), 20);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(perl_->scalar("slept"), std::nullopt);
}

TEST_F(Interruption, WakesABlockedRead) {
  EXPECT_LT(run_interrupted("pipe my $r, my $w; my $line = <$r>; $read = 1"), 20);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(perl_->scalar("read"), std::nullopt);
}

TEST_F(Interruption, IsKnownWhereOnlyTheChildOfSystemGotIt) {
  EXPECT_LT(run_interrupted("system 'kill -INT $$'; $after = 1", 3000), 20);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_EQ(perl_->scalar("after"), std::nullopt);
}

TEST_F(Interruption, FindsTheHostsHandlerAfterLocalSigInt) {
  EXPECT_EQ(printed("{ local $SIG{INT} = sub { 1 }; } { local $SIG{INT} = 'IGNORE'; }"), "");
  struct sigaction now {};
  sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, &on_interrupt);
  EXPECT_EQ(now.sa_flags & SA_RESTART, SA_RESTART);
}

TEST_F(Interruption, EndsALoopAfterLocalSigInt) {
  EXPECT_LT(run_interrupted("{ local $SIG{INT} = sub { 1 }; } while (1) { $m++ }"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
  EXPECT_LT(run_interrupted("$SIG{INT} = 'IGNORE'; while (1) { $m++ }"), 5);
  EXPECT_EQ(code_, ErrorCode::interrupted);
}

TEST_F(Interruption, LeavesWhatWasLoadedAndTheNextLineRuns) {
  EXPECT_EQ(printed("sub kept { 'kept' }"), "");
  run_interrupted("sub late { 1 } while (1) { }");
  EXPECT_EQ(printed("print kept(), late(), get_addr 'init_task'"), "kept10xffff888000001100");
}

TEST(Start, LeavesTheHandlerOfFloatingPointErrorsAlone) {
  struct sigaction before {};
  sigaction(SIGFPE, nullptr, &before);
  struct sigaction after {};
  {
    StringOutput output;
    Cancellation cancellation;
    session::Settings settings;
    settings.perl_library = ALICIA_PERL_LIBRARY;
    session::Session session(settings, nullptr, std::make_unique<StandInKernel>(), output, cancellation);
    ASSERT_TRUE(perl::Interpreter::create(session).has_value());
    sigaction(SIGFPE, nullptr, &after);
  }
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

}  // namespace
}  // namespace alicia::test

// SPDX-License-Identifier: GPL-3.0-or-later
//
// exit ends the script and nothing else; failures of every kind leave an interpreter that works.
#include <stdexcept>

#include "unit/perl/fixture.hpp"

namespace alicia::test {
namespace {

/// Breaks its promise not to throw.
class ThrowingKernel final : public StandInKernel {
 public:
  Result<VirtualAddress> symbol_address(std::string_view name) override {
    if (name == "throws") throw std::runtime_error("thrown in C++");
    return StandInKernel::symbol_address(name);
  }
};

class Exit : public PerlTest {
 protected:
  std::unique_ptr<StandInKernel> make_kernel() override { return std::make_unique<ThrowingKernel>(); }
};

TEST_F(Exit, EndsTheScriptWithItsStatus) {
  EXPECT_EQ(printed("print 'before'; exit 3; print 'after'"), "before");
  EXPECT_EQ(perl_->exit_status(), 3);
  EXPECT_EQ(printed("print 'alive'"), "alive");
  EXPECT_EQ(perl_->exit_status(), 0);
}

TEST_F(Exit, EndsTheScriptFromWithinEvalAndSub) {
  EXPECT_EQ(printed("sub leave { eval { eval { exit } ; print 'no' }; print 'no' } leave(); print 'no'"), "");
  EXPECT_EQ(printed("eval { exit 1 }; print 'no'"), "");
  EXPECT_EQ(perl_->exit_status(), 1);
  EXPECT_EQ(printed("print sort { exit 2 } 1, 2"), "");
  EXPECT_EQ(perl_->exit_status(), 2);
}

TEST_F(Exit, RunsDestructorsOnTheWayAndSaysNothing) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(printed("package Told { sub DESTROY { print 'destroyed' } } my $t = bless []; bless $t, 'Told'; exit"),
            "destroyed");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(Exit, PerlsOwnExitIsCaughtToo) {
  EXPECT_EQ(printed("eval { CORE::exit(4) }; print 'no'"), "");
  EXPECT_EQ(perl_->exit_status(), 4);
  EXPECT_EQ(printed("sub deep { my ($n) = @_; $n ? deep($n - 1) : POSIX::exit(5) } use POSIX (); deep(50)"), "");
  EXPECT_EQ(perl_->exit_status(), 5);
  EXPECT_EQ(printed("my @l = map { $_ * 2 } 1 .. 3; print \"@l\""), "2 4 6");
}

TEST_F(Exit, EndsAForkedChildOnly) {
  EXPECT_EQ(printed("my $pid = fork // die; if (!$pid) { exit 7 } waitpid $pid, 0; print $? >> 8"), "7");
  EXPECT_EQ(printed("my $pid = fork // die; if ($pid) { waitpid $pid, 0; print 'parent', $? }"), "parent0");
}

TEST_F(Exit, ExceptionOfCxxBecomesAnErrorAndPerlsStacksStayWhole) {
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(printed("eval { get_addr 'throws' }; print $@->code"), "internal");
  EXPECT_EQ(printed("get_addr 'throws'"), "error: thrown in C++ at prompt line 1");
  EXPECT_EQ(printed("die 'a plain death'"), "error: a plain death at prompt line 1");
  EXPECT_EQ(printed("print map { $_ + 1 } 1, 2"), "23");
}

TEST_F(Exit, CurrentExceptionIsGoneOnceCaught) {
  EXPECT_EQ(printed("eval { get_addr 'throws' }"), "");
  EXPECT_EQ(std::current_exception(), nullptr);
}

TEST_F(Exit, DeathInsideSortTieAndOverloadIsClean) {
  EXPECT_EQ(printed("eval { my @s = sort { get_addr 'nothing' } 1, 2 }; print $@->code"), "no_such_symbol");
  EXPECT_EQ(printed("package T { sub TIESCALAR { bless [] } sub FETCH { die \"tied\\n\" } } tie my $t, 'T';"
                    "eval { get_mem($t) }; print $@"),
            "tied\n");
  EXPECT_EQ(printed("package O { use overload '\"\"' => sub { die \"text\\n\" } }"
                    "eval { get_addr(bless [], 'O') }; print $@"),
            "text\n");
}

}  // namespace
}  // namespace alicia::test

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where output goes, and in which order.
#include <fcntl.h>

#include <csignal>
#include <sstream>

#include "unit/perl/fixture.hpp"

namespace alicia::test {
namespace {

/// Stands for a reader that went away.
class DeafOutput final : public Output {
 public:
  bool write(std::string_view) override {
    ++writes;
    return false;
  }
  int writes = 0;
};

/// File descriptor 1 leads to a file, as after the shell's dup2.
class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/alicia-output-XXXXXX";
    file_ = mkstemp(name);
    path_ = name;
    std::fflush(stdout);
    kept_ = dup(STDOUT_FILENO);
    dup2(file_, STDOUT_FILENO);
    settings_.perl_library = ALICIA_PERL_LIBRARY;
  }
  void TearDown() override {
    perl_.reset();
    restore();
    close(file_);
    std::filesystem::remove(path_);
  }
  void restore() {
    if (kept_ < 0) return;
    dup2(kept_, STDOUT_FILENO);
    close(kept_);
    kept_ = -1;
  }
  void start(Output& output) {
    session_ = std::make_unique<session::Session>(settings_, nullptr, std::make_unique<StandInKernel>(), output,
                                                  cancellation_);
    auto made = perl::Interpreter::create(*session_);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    perl_ = std::move(*made);
  }
  bool run(std::string_view code) { return perl_->run(code, "prompt", 1).has_value(); }
  /// What the descriptor got; from here on it is the test's own again, so that failures are seen.
  std::string written() {
    restore();
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  session::Settings settings_;
  Cancellation cancellation_;
  FileOutput output_{STDOUT_FILENO};
  std::unique_ptr<session::Session> session_;
  std::unique_ptr<perl::Interpreter> perl_;
  std::string path_;
  int file_ = -1;
  int kept_ = -1;
};

TEST_F(OutputTest, ChildrenWriteInOrderWithPerl) {
  start(output_);
  ASSERT_TRUE(
      run("print 'one '; system 'printf two'; print ' three '; print `printf four`; system 'printf', ' five';"
          "my $pid = fork; if (!$pid) { print ' six'; exit } waitpid $pid, 0; print ' seven'"));
  EXPECT_EQ(written(), "one two three four five six seven");
}

TEST_F(OutputTest, FollowsADescriptorThatChangesHandsBetweenLines) {
  start(output_);
  ASSERT_TRUE(run("print 'first'"));
  char name[] = "/tmp/alicia-other-XXXXXX";
  const int other = mkstemp(name);
  dup2(other, STDOUT_FILENO);
  ASSERT_TRUE(run("print 'second'; system 'printf third'"));
  dup2(file_, STDOUT_FILENO);
  EXPECT_EQ(written(), "first");
  std::stringstream text;
  text << std::ifstream(name).rdbuf();
  EXPECT_EQ(text.str(), "secondthird");
  close(other);
  std::filesystem::remove(name);
}

TEST_F(OutputTest, ScriptsGamesWithStdoutEndWithTheLine) {
  start(output_);
  const std::string games = path_ + ".games";
  ASSERT_TRUE(run("print 'a'; open my $old, '>&', \\*STDOUT or die; open STDOUT, '>', '" + games +
                  "' or die; print 'into the file'; open STDOUT, '>&', $old or die; print 'b'"));
  ASSERT_TRUE(run("print 'c'"));
  ASSERT_TRUE(run("open STDOUT, '>', '" + games + "2' or die; print 'lost'"));
  ASSERT_TRUE(run("print 'd'"));
  ASSERT_TRUE(run("close STDOUT"));
  ASSERT_TRUE(run("print 'e'"));
  ASSERT_TRUE(run("local *STDOUT; open STDOUT, '>', \\my $text or die; print 'in memory'"));
  ASSERT_TRUE(run("print 'f'; system 'printf g'"));
  EXPECT_EQ(written(), "abcdefg");
  std::stringstream text;
  text << std::ifstream(games).rdbuf();
  EXPECT_EQ(text.str(), "into the file");
  std::filesystem::remove(games);
  std::filesystem::remove(games + "2");
}

TEST_F(OutputTest, WideCharactersAndEncodingsPass) {
  start(output_);
  ASSERT_TRUE(run("binmode STDOUT, ':encoding(UTF-8)'; print chr 0x3b1; binmode STDOUT, ':pop'; print 'x'"));
  EXPECT_EQ(written(), "\xce\xb1x");
}

TEST_F(OutputTest, AReaderThatWentAwayEndsTheScriptInSilence) {
  DeafOutput deaf;
  start(deaf);
  const auto done = perl_->run("$| = 1; while (1) { eval { print 'x' x 100 } }", "prompt", 1);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(deaf.writes, 1);
  ASSERT_TRUE(run("$| = 0; $alive = 1"));
  EXPECT_EQ(perl_->scalar("alive"), "1");
}

TEST_F(OutputTest, BigOutputIsComplete) {
  start(output_);
  ASSERT_TRUE(run("print 'x' x 100_000 for 1 .. 10; print \"\\n\""));
  EXPECT_EQ(written().size(), 1'000'001U);
}

class Capture : public PerlTest {};

TEST_F(Capture, CollectsWhatACommandAndItsChildrenPrint) {
  const auto file =
      write("shipped/some/show.ldas",
            "use strict; sub run { my (@w) = @_; print \"<@w>\"; system 'printf child'; print 'end' } 1;");
  const auto text = perl_->capture_shipped("show", file, {"a", "b c"});
  ASSERT_TRUE(text.has_value()) << text.error().message;
  EXPECT_EQ(*text, "<a b c>childend");
  EXPECT_EQ(output_.take(), "");
  EXPECT_EQ(printed("print 'normal'"), "normal");
}

TEST_F(Capture, AFailureInsideEndsTheCapture) {
  write("shipped/some/fails.ldas", "sub run { print 'lost'; die \"broken\\n\" } 1;");
  const auto text = perl_->capture_shipped("fails", folder_ / "shipped/some/fails.ldas", {});
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().message, "broken");
  EXPECT_EQ(printed("print 'normal'"), "normal");
}

}  // namespace
}  // namespace alicia::test

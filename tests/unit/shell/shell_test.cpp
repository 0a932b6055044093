// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/shell.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shell/signal_bridge.hpp"
#include "unit/shell/fakes.hpp"

namespace alicia::shell {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ShellTest : public testing::Test {
 protected:
  ShellTest() {
    folder.write("shipped/task/log.ldas", "=head1 NAME\n\nlog - the kernel's log\n\n=cut\n");
    folder.write("shipped/task/ps.ldas", "1;\n");
    folder.write("shipped/report.ldas", "1;\n");
    settings.shipped_ldas = folder / "shipped";
    settings.ldas_folders = {folder / "mine"};
    engine.defined = {"banner"};
  }

  Shell& shell() {
    if (!shell_) {
      auto made = std::make_unique<FakeDebugger>();
      debugger = made.get();
      session_ = std::make_unique<session::Session>(settings, nullptr, std::move(made), output, cancellation);
      shell_ = std::make_unique<Shell>(*session_, engine, output);
    }
    return *shell_;
  }
  void run(const std::string& code) { shell().run_code(code, "-e 1"); }

  Folder folder;
  session::Settings settings;
  FakeEngine engine;
  FakeDebugger* debugger = nullptr;
  Cancellation cancellation;
  SignalBridge signals{cancellation};
  FileOutput output{STDOUT_FILENO};
  Captured out{STDOUT_FILENO};
  Captured err{STDERR_FILENO};

 private:
  std::unique_ptr<session::Session> session_;
  std::unique_ptr<Shell> shell_;
};

TEST_F(ShellTest, RunsEachKindOfLine) {
  run("banner one 'two words'");
  run("bt -a");
  run("log -t; print 1");
  run("alicia ps -m");
  run("report x.html");
  EXPECT_THAT(engine.calls, ElementsAre("call banner [one] [two words]", "shipped log [-t]", "perl -e 1:1 print 1",
                                        "shipped ps [-m]", "shipped report [x.html]"));
  EXPECT_THAT(debugger->lines, ElementsAre("bt -a"));
  EXPECT_EQ(out.text(), "output of bt -a\n");
  EXPECT_EQ(shell().exit_status(), 0);
}

TEST_F(ShellTest, SaysWhatIsUnknownAndGoesOn) {
  run("pss -m\nbt");
  EXPECT_EQ(err.text(), "alicia: unknown command: pss (ps?)\n");
  EXPECT_EQ(out.text(), "output of bt\n");
  EXPECT_EQ(shell().exit_status(), 1);
  EXPECT_FALSE(shell().finished());
}

TEST_F(ShellTest, StopsAtTheFirstErrorIfAsked) {
  settings.stop_on_error = true;
  run("pss; bt\nbt");
  EXPECT_THAT(debugger->lines, IsEmpty());
  EXPECT_TRUE(shell().finished());
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, PipesCommandsThroughSh) {
  run("bt -a | tr a-z A-Z | sed 's/$/!/'");
  EXPECT_EQ(out.text(), "OUTPUT OF BT -A!\n");
  EXPECT_EQ(shell().exit_status(), 0);
}

TEST_F(ShellTest, RedirectsIntoFiles) {
  const std::string file = folder / "out";
  run("bt 1 > " + file + "; bt 2 >> " + file);
  EXPECT_EQ(folder.read("out"), "output of bt 1\noutput of bt 2\n");
  EXPECT_EQ(out.text(), "");
  run("bt 3");
  EXPECT_EQ(out.text(), "output of bt 3\n");
}

TEST_F(ShellTest, PipesWhatASubsChildrenPrint) {
  engine.on_call = [](const auto&) -> Result<void> {
    if (std::system("echo from a child") != 0) return failure(ErrorCode::internal, "no sh");
    return {};
  };
  run("banner | tr a-z A-Z");
  EXPECT_EQ(out.text(), "FROM A CHILD\n");
}

TEST_F(ShellTest, TheShellsPartDecidesOverTheLine) {
  run("bt > /nonexistent/file");
  EXPECT_EQ(shell().exit_status(), 1);
  EXPECT_THAT(err.text(), HasSubstr("/nonexistent/file"));
  EXPECT_THAT(err.text(), testing::Not(HasSubstr("alicia:")));
}

TEST_F(ShellTest, AReaderThatLeavesEndsTheCommandInSilence) {
  run("flood | head -1");
  EXPECT_EQ(out.text(), "0123456789012345678901234567890123456789\n");
  EXPECT_EQ(err.text(), "");
  EXPECT_EQ(shell().exit_status(), 0);
}

TEST_F(ShellTest, OutputThatIsLostIsAnError) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  const int before = dup(STDOUT_FILENO);
  dup2(full, STDOUT_FILENO);
  run("bt");
  dup2(before, STDOUT_FILENO);
  close(before);
  close(full);
  EXPECT_EQ(err.text(), "alicia: cannot write: No space left on device\n");
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, ADebuggersErrorLineIsPrintedOnce) {
  run("bt bad");
  EXPECT_EQ(out.text(), "bt: invalid\n");
  EXPECT_EQ(err.text(), "");
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, ErrorsOfScriptsAreOneLineEach) {
  engine.pieces["die 'x'"] = [] { return failure(ErrorCode::script_error, "x at -e 1 line 1\nand \x1b[31mmore"); };
  run("die 'x'");
  EXPECT_EQ(err.text(), "alicia: x at -e 1 line 1\nalicia: and \\x1b[31mmore\n");
}

TEST_F(ShellTest, RunsShellEscapes) {
  run("!echo hi; echo there | tr a-z A-Z");
  EXPECT_EQ(out.text(), "hi\nTHERE\n");
  run("!exit 3");
  EXPECT_EQ(shell().exit_status(), 1);
  EXPECT_EQ(err.text(), "");
}

TEST_F(ShellTest, AChildHasSignalsAtTheirDefaults) {
  run("!sed -nE 's/^Sig(Ign|Blk):.//p' /proc/self/status");
  std::istringstream masks(out.text());
  for (std::uint64_t mask = 1; masks >> std::hex >> mask;)
    EXPECT_EQ(mask & 0x7fffffff, 0u);  // 32 and 33 are the C library's
  EXPECT_EQ(out.text().size(), 34u);
}

TEST_F(ShellTest, PerlGoesOnOverLines) {
  run("sub f {\n  my $x = 1;\n}\nbt");
  EXPECT_EQ(engine.calls.back(), "perl -e 1:1 sub f {\n  my $x = 1;\n}");
  EXPECT_THAT(debugger->lines, ElementsAre("bt"));
  EXPECT_EQ(shell().exit_status(), 0);
}

TEST_F(ShellTest, PerlNeverGoesOnIntoTheNextE) {
  shell().run_code("\nsub f {", "-e 1");
  shell().run_code("bt", "-e 2");
  EXPECT_EQ(err.text(), "alicia: -e 1 line 2: unfinished: sub f {\n");
  EXPECT_THAT(debugger->lines, ElementsAre("bt"));
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, RunsFiles) {
  shell().run_file(folder.write("good", "# a comment\r\n\nbt\r\nprint {\n1}"));
  EXPECT_THAT(engine.calls, ElementsAre("perl " + (folder / "good").string() + ":1 # a comment",
                                        "perl " + (folder / "good").string() + ":4 print {",
                                        "perl " + (folder / "good").string() + ":4 print {\n1}"));
  EXPECT_EQ(shell().exit_status(), 0);
  shell().run_file(folder.write("open", "bt\n\nif (1) {\n  2;\n"));
  EXPECT_EQ(err.text(), "alicia: " + (folder / "open").string() + " line 3: unfinished: if (1) {\n");
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, AFileThatCannotBeReadIsAnError) {
  shell().run_file(folder / "none");
  shell().run_file(folder.path());
  EXPECT_EQ(err.text(), "alicia: cannot read " + (folder / "none").string() +
                            ": No such file or directory\nalicia: cannot read " + folder.path().string() +
                            ": Is a directory\n");
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, LoadLooksInTheFoldersOfLdas) {
  folder.write("mine/mine.ldas", "1;\n");
  const auto here = folder.write("here.ldas", "1;\n");
  run("load mine.ldas; mine\nload " + here.string() + "\nload none.ldas\nload");
  EXPECT_THAT(engine.calls,
              ElementsAre("load " + (folder / "mine/mine.ldas").string(), "call mine", "load " + here.string()));
  EXPECT_EQ(err.text(),
            "alicia: cannot load none.ldas: neither here nor in the folders of LDAS\nalicia: load needs a file\n");
}

TEST_F(ShellTest, QuitLeaves) {
  run("bt; quit; bt\nbt");
  EXPECT_TRUE(shell().finished());
  EXPECT_THAT(debugger->lines, ElementsAre("bt"));
  EXPECT_EQ(shell().exit_status(), 0);
}

TEST_F(ShellTest, HelpListsCommandsByOrigin) {
  run("help");
  const auto text = out.text();
  EXPECT_THAT(text, HasSubstr("\n  load "));
  EXPECT_THAT(text, HasSubstr("\nYours:\n  banner\n"));
  EXPECT_THAT(text, HasSubstr("\nOf crash (:help is its own):\n  bt     flood  ps\n"));
  EXPECT_THAT(text, HasSubstr("\n  log             the kernel's log\n"));
  EXPECT_THAT(text, HasSubstr("\n  alicia ps "));
}

TEST_F(ShellTest, HelpOnACommandAsksWhoeverWouldRunIt) {
  run("help bt\nhelp load\nhelp log\nhelp nosuch\nhelp lgo");
  EXPECT_THAT(debugger->lines, ElementsAre("help bt"));
  EXPECT_THAT(out.text(), HasSubstr("load FILE...\n"));
  ASSERT_EQ(engine.calls.size(), 1u);
  EXPECT_THAT(engine.calls[0], HasSubstr("Pod::Text"));
  EXPECT_THAT(engine.calls[0], HasSubstr("task/log.ldas')"));
  EXPECT_EQ(err.text(), "alicia: no help on nosuch\nalicia: no help on lgo (log?)\n");
}

TEST_F(ShellTest, VariablesBecomeWords) {
  engine.variables["addr"] = "0xffffffff82a1aa40";
  run("bt -f $addr; banner -f $addr; banner -f $adr");
  EXPECT_THAT(debugger->lines, ElementsAre("bt -f 0xffffffff82a1aa40"));
  EXPECT_THAT(engine.calls, ElementsAre("call banner [-f] [0xffffffff82a1aa40]"));
  EXPECT_EQ(err.text(), "alicia: $adr is not defined\n");
}

TEST_F(ShellTest, CtrlCEndsARunOfLines) {
  engine.on_call = [this](const auto&) -> Result<void> {
    raise(SIGINT);
    EXPECT_TRUE(cancellation.requested());
    return failure(ErrorCode::interrupted, "interrupted");
  };
  run("banner; bt\nbt");
  EXPECT_TRUE(shell().finished());
  EXPECT_THAT(debugger->lines, IsEmpty());
  EXPECT_EQ(err.text(), "alicia: interrupted\n");
  EXPECT_EQ(shell().exit_status(), 1);
}

TEST_F(ShellTest, AnInterruptedChildEndsTheLine) {
  run("!kill -INT $$\nbt");
  EXPECT_THAT(debugger->lines, IsEmpty());
  EXPECT_EQ(err.text(), "alicia: interrupted\n");
}

TEST_F(ShellTest, AKilledChildIsTold) {
  run("!kill -KILL $$");
  EXPECT_EQ(err.text(), "alicia: sh: Killed\n");
}

TEST_F(ShellTest, AReaderThatIsInterruptedStopsTheCommandBehindIt) {
  engine.on_call = [this](const auto&) -> Result<void> {
    while (!cancellation.requested())
      usleep(1000);  // prints nothing: no EPIPE would end it
    return failure(ErrorCode::interrupted, "interrupted");
  };
  run("banner | kill -INT $$");
  EXPECT_EQ(err.text(), "alicia: interrupted\n");
}

class PromptTest : public ShellTest {
 protected:
  FakeLines lines;
};

TEST_F(PromptTest, AsksForMoreAndRunsThePiece) {
  lines.type("for (1) {");
  lines.type("}");
  lines.type("bt");
  shell().run_prompt(lines);
  EXPECT_THAT(lines.prompts, ElementsAre("alicia> ", "......> ", "alicia> ", "alicia> "));
  EXPECT_EQ(engine.calls.back(), "perl prompt:1 for (1) {\n}");
  EXPECT_THAT(debugger->lines, ElementsAre("bt"));
}

TEST_F(PromptTest, CtrlCDropsThePiece) {
  lines.type("for (1) {");
  lines.lines.push_back({ReadLine::Kind::interrupted, {}});
  lines.type("bt");
  shell().run_prompt(lines);
  EXPECT_THAT(lines.prompts, ElementsAre("alicia> ", "......> ", "alicia> ", "alicia> "));
  EXPECT_THAT(engine.calls, ElementsAre("perl prompt:1 for (1) {"));
  EXPECT_THAT(debugger->lines, ElementsAre("bt"));
  EXPECT_EQ(err.text(), "");
}

TEST_F(PromptTest, CtrlDInAPieceDropsItAndSaysSo) {
  lines.type("for (1) {");
  lines.lines.push_back({ReadLine::Kind::end, {}});
  lines.type("bt");
  shell().run_prompt(lines);
  EXPECT_EQ(err.text(), "alicia: prompt line 1: unfinished: for (1) {\n");
  EXPECT_THAT(debugger->lines, ElementsAre("bt"));
}

TEST_F(PromptTest, GoesOnAfterErrorsAndInterrupts) {
  engine.on_call = [this](const auto&) -> Result<void> {
    cancellation.request();
    return failure(ErrorCode::interrupted, "interrupted");
  };
  lines.type("banner; bt 1");
  lines.type("pss");
  lines.type("bt 2");
  lines.type("quit");
  lines.type("bt 3");
  shell().run_prompt(lines);
  EXPECT_THAT(debugger->lines, ElementsAre("bt 2"));
  EXPECT_EQ(shell().exit_status(), 0);
}

TEST_F(PromptTest, PastedLinesRunOneByOne) {
  lines.type("bt 1\nfor (1) {\n}\nbt 2");
  shell().run_prompt(lines);
  EXPECT_THAT(debugger->lines, ElementsAre("bt 1", "bt 2"));
  EXPECT_EQ(engine.calls.back(), "perl prompt:2 for (1) {\n}");
}

}  // namespace
}  // namespace alicia::shell

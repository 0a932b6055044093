// SPDX-License-Identifier: GPL-3.0-or-later
// The prompt at a real terminal, with an engine and a debugger that are stand-ins.
#include <gtest/gtest.h>

#include "shell/shell.hpp"
#include "shell/signal_bridge.hpp"
#include "unit/shell/fakes.hpp"
#include "unit/shell/pty_program.hpp"

namespace alicia::shell {
namespace {

int run_prompt(const Folder& folder) {
  setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
  chdir(folder.path().c_str());
  Cancellation cancellation;
  const SignalBridge signals(cancellation);
  FileOutput output(STDOUT_FILENO);
  FakeEngine engine;
  engine.defined = {"banner", "silent"};
  engine.on_call = [&](const std::vector<std::string>& words) -> Result<void> {
    if (!words.empty()) output.write(words.front());
    if (words.size() < 2) return {};
    output.write("\n");
    while (!cancellation.requested())
      usleep(1000);
    return failure(ErrorCode::interrupted, "interrupted");
  };
  session::Session session({}, nullptr, std::make_unique<FakeDebugger>(), output, cancellation);
  Shell shell(session, engine, output);
  shell.run_interactive();
  return shell.exit_status();
}

class TerminalTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(alicia.expect("alicia> ")) << alicia.rest(); }
  /// Types a line and reads its output up to the next prompt.
  std::string answer(const std::string& line) {
    alicia.type(line + "\r");
    EXPECT_TRUE(alicia.expect(line + "\r\n")) << alicia.rest();
    EXPECT_TRUE(alicia.expect("alicia> ")) << line << ": " << alicia.rest();
    return alicia.before();
  }

  Folder folder;
  PtyProgram alicia{[this] { return run_prompt(folder); }};
};

TEST_F(TerminalTest, CtrlDLeaves) {
  EXPECT_EQ(answer("bt"), "output of bt\r\n");
  alicia.type("\x04");
  EXPECT_EQ(alicia.wait(), 0);
}

TEST_F(TerminalTest, OutputWithoutItsLinesEndGetsOne) {
  EXPECT_EQ(answer("banner text"), "text\r\n");
  EXPECT_EQ(answer("banner"), "");
}

TEST_F(TerminalTest, CtrlCAtThePromptClearsTheLine) {
  alicia.type("rubbish");
  ASSERT_TRUE(alicia.expect("rubbish"));
  alicia.type("\x03");
  ASSERT_TRUE(alicia.expect("alicia> ")) << alicia.rest();
  EXPECT_EQ(answer("bt"), "output of bt\r\n");
}

TEST_F(TerminalTest, CtrlCStopsACommand) {
  alicia.type("banner started forever\r");
  ASSERT_TRUE(alicia.expect("forever\r\nstarted"));
  alicia.type("\x03");
  ASSERT_TRUE(alicia.expect("alicia: interrupted\r\n")) << alicia.rest();
  ASSERT_TRUE(alicia.expect("alicia> "));
  EXPECT_EQ(answer("bt"), "output of bt\r\n");
}

TEST_F(TerminalTest, CtrlCStopsACommandWhoseReaderItKills) {
  alicia.type("banner started forever | cat\r");
  ASSERT_TRUE(alicia.expect("cat\r\nstarted")) << alicia.rest();
  alicia.type("\x03");
  ASSERT_TRUE(alicia.expect("alicia: interrupted\r\n")) << alicia.rest();
  ASSERT_TRUE(alicia.expect("alicia> "));
  EXPECT_EQ(answer("bt"), "output of bt\r\n");
}

TEST_F(TerminalTest, TheTerminalComesBackFromAReaderThatLeft) {
  alicia.type("banner started forever | head -1\r");
  ASSERT_TRUE(alicia.expect("head -1\r\nstarted")) << alicia.rest();
  ASSERT_TRUE(alicia.in_foreground());
  alicia.type("\x03");
  ASSERT_TRUE(alicia.expect("alicia: interrupted\r\n")) << alicia.rest();
}

TEST_F(TerminalTest, CtrlCEndsAShellEscape) {
  alicia.type("!echo started; sleep 100\r");
  ASSERT_TRUE(alicia.expect("100\r\nstarted\r\n")) << alicia.rest();
  usleep(50000);
  alicia.type("\x03");
  ASSERT_TRUE(alicia.expect("alicia: interrupted\r\n")) << alicia.rest();
  ASSERT_TRUE(alicia.expect("alicia> "));
}

TEST_F(TerminalTest, AChildHasTheTerminal) {
  // In the background, stty would be stopped by SIGTTOU and read by SIGTTIN.
  alicia.type("!stty -echo; echo ready; read x; echo got $x; stty echo\r");
  ASSERT_TRUE(alicia.expect("\r\nready\r\n")) << alicia.rest();
  alicia.type("keys\r");
  ASSERT_TRUE(alicia.expect("got keys\r\n")) << alicia.rest();
  ASSERT_TRUE(alicia.expect("alicia> "));
  alicia.type("bt | (cat; read x < /dev/tty; echo got $x)\r");
  ASSERT_TRUE(alicia.expect("output of bt\r\n")) << alicia.rest();
  alicia.type("more\r");
  ASSERT_TRUE(alicia.expect("got more\r\n")) << alicia.rest();
}

TEST_F(TerminalTest, AKilledChildLeavesNoMess) {
  EXPECT_EQ(answer("!stty raw -echo; kill -9 $$"), "alicia: sh: Killed\r\n");
  EXPECT_EQ(answer("bt"), "output of bt\r\n");
}

TEST_F(TerminalTest, CtrlZDoesNotLoseAChild) {
  // Nobody could continue Alicia here, so the child goes on.
  alicia.type("!echo started; sleep 0.4; echo over\r");
  ASSERT_TRUE(alicia.expect("over\r\nstarted\r\n")) << alicia.rest();
  usleep(100000);  // dash is between vfork and exec for a moment, where no shell could stop it
  alicia.type("\x1a");
  ASSERT_TRUE(alicia.expect("over\r\n")) << alicia.rest();
  ASSERT_TRUE(alicia.expect("alicia> "));
}

TEST_F(TerminalTest, AsksForMore) {
  alicia.type("if (1) {\r");
  ASSERT_TRUE(alicia.expect("......> ")) << alicia.rest();
  alicia.type("\x03");
  ASSERT_TRUE(alicia.expect("alicia> ")) << alicia.rest();
  EXPECT_EQ(answer("bt"), "output of bt\r\n");
}

TEST_F(TerminalTest, CompletesCommandsAndFiles) {
  alicia.type("bann\t");
  ASSERT_TRUE(alicia.expect("banner ")) << alicia.rest();
  alicia.type("x\r");
  ASSERT_TRUE(alicia.expect("x\r\nx\r\nalicia> ")) << alicia.rest();
  folder.write("some.ldas", "1;");
  alicia.type("load so\t");
  ASSERT_TRUE(alicia.expect("load some.ldas ")) << alicia.rest();
}

TEST_F(TerminalTest, RemembersLines) {
  answer("bt 1");
  answer("bt 2");
  alicia.type("\x10\x10\r");  // twice Ctrl-P
  ASSERT_TRUE(alicia.expect("output of bt 1\r\n")) << alicia.rest();
  ASSERT_TRUE(alicia.expect("alicia> "));
  EXPECT_EQ(answer("history 2"), "    3  bt 1\r\n    4  history 2\r\n");
  alicia.type("quit\r");
  EXPECT_EQ(alicia.wait(), 0);
  EXPECT_EQ(folder.read("alicia/history"), "bt 1\nbt 2\nbt 1\nhistory 2\nquit\n");
}

}  // namespace
}  // namespace alicia::shell

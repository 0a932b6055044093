// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "process/executable.hpp"

namespace alicia::process {
namespace {

using namespace std::chrono_literals;
using Kind = ChildState::Kind;

std::unique_ptr<Child> shell(const std::string& script) {
  auto child = Child::start({"/bin/sh", {"-c", script}});
  EXPECT_TRUE(child) << child.error().message;
  return child ? std::move(*child) : nullptr;
}

// What it prints until it closes the stream, or until `enough` is in it.
std::string read_all(Child& child, Child::Stream stream = Child::Stream::output, std::string_view enough = {}) {
  std::string text;
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (child.read(stream, text) && std::chrono::steady_clock::now() < until) {
    if (!enough.empty() && text.find(enough) != text.npos) break;
    child.wait(20ms);
  }
  return text;
}

bool process_is_gone(pid_t pid) {
  for (int round = 0; round < 200; ++round) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string word, state;
    if (!(stat >> word >> word >> state) || state == "Z") return true;  // an orphan is init's to reap
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST(Child, AnswersOverThreePipes) {
  auto child = shell("read a; echo \"got $a\"; echo trouble >&2; exit 3");
  EXPECT_TRUE(child->write("line\n"));
  EXPECT_EQ(read_all(*child), "got line\n");
  EXPECT_EQ(read_all(*child, Child::Stream::errors), "trouble\n");
  const auto state = child->wait_for_end(10s);
  EXPECT_EQ(state.kind, Kind::exited);
  EXPECT_EQ(state.value, 3);
  EXPECT_EQ(describe(state), "exited with status 3");
}

TEST(Child, MissingProgramIsAnErrorAtOnce) {
  auto child = Child::start({"/no/such/program", {}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::cannot_open);
  EXPECT_EQ(child.error().message, "cannot run /no/such/program: No such file or directory");
}

TEST(Child, LeadsASessionOfItsOwn) {
  auto child = shell("echo ready; read a");
  read_all(*child, Child::Stream::output, "ready");
  EXPECT_EQ(::getsid(child->pid()), child->pid());
  EXPECT_EQ(::getpgid(child->pid()), child->pid());
}

TEST(Child, InheritsNoOtherFile) {
  const int leaky = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GE(leaky, 3);
  auto child = shell("ls /proc/$$/fd");
  EXPECT_EQ(read_all(*child), "0\n1\n2\n");
  ::close(leaky);
}

TEST(Child, StartsWithSignalsAsAShellHasThem) {
  struct sigaction before;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGFPE, &ignore, &before);
  sigset_t blocked, mask;
  sigfillset(&blocked);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  auto child = Child::start({"/bin/grep", {"-E", "^Sig(Blk|Ign)", "/proc/self/status"}});
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::sigaction(SIGFPE, &before, nullptr);
  ASSERT_TRUE(child);
  const std::string report = read_all(**child);
  EXPECT_EQ(report.find("SigBlk:\t0000000000000000\n"), 0U) << report;
  const auto at = report.find("SigIgn:\t");
  ASSERT_NE(at, report.npos);
  // 32 and up are the C library's own affair.
  EXPECT_EQ(std::stoull(report.substr(at + 8), nullptr, 16) & 0x7fffffff, 0U) << report;
}

TEST(Child, WritingToADeadChildIsFalseAndNoSignal) {
  auto child = shell("exit 0");
  child->wait_for_end(10s);
  EXPECT_FALSE(child->write("anybody there\n"));
  sigset_t pending;
  sigpending(&pending);
  EXPECT_FALSE(sigismember(&pending, SIGPIPE));
}

TEST(Child, WritingMoreThanItReadsDoesNotBlock) {
  auto child = shell("echo ready; sleep 100");
  read_all(*child, Child::Stream::output, "ready");
  EXPECT_FALSE(child->write(std::string(1 << 20, 'x')));
}

TEST(Child, StopAndContinueAreNoticed) {
  auto child = shell("echo ready; read a");
  read_all(*child, Child::Stream::output, "ready");
  EXPECT_EQ(child->state().kind, Kind::running);
  ::kill(child->pid(), SIGSTOP);
  for (int round = 0; round < 100 && child->state().kind != Kind::stopped; ++round)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(describe(child->state()), "was stopped by SIGSTOP");
  ::kill(child->pid(), SIGCONT);
  for (int round = 0; round < 100 && child->state().kind != Kind::running; ++round)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(child->state().kind, Kind::running);
}

TEST(Child, StoppedChildCanBeKilled) {
  auto child = shell("echo ready; read a");
  read_all(*child, Child::Stream::output, "ready");
  ::kill(child->pid(), SIGSTOP);
  EXPECT_EQ(describe(child->kill()), "was killed by SIGKILL");
}

TEST(Child, EndWakesTheWaiterThoughAGrandchildHoldsThePipe) {
  auto child = shell("sleep 1000 & echo ready; read a; exit 7");
  read_all(*child, Child::Stream::output, "ready");
  child->write("\n");
  Child::Wake wake;
  for (int round = 0; round < 50 && !wake.ended; ++round)
    wake = child->wait(200ms);
  EXPECT_TRUE(wake.ended);
  EXPECT_EQ(describe(child->state()), "exited with status 7");
}

TEST(Child, EndsPolitelyThenNot) {
  auto polite = shell("echo ready; read a; exit 5");
  read_all(*polite, Child::Stream::output, "ready");
  EXPECT_EQ(describe(polite->end(10s)), "exited with status 5");
  auto deaf = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done");
  read_all(*deaf, Child::Stream::output, "ready");
  EXPECT_EQ(describe(deaf->end(100ms)), "was killed by SIGKILL");
}

TEST(Child, DestructorTakesGrandchildrenAlongAndLeavesNoZombie) {
  pid_t pid = 0, grandchild = 0;
  {
    auto child = shell("sleep 1000 & echo $!; wait");
    grandchild = std::stoi(read_all(*child, Child::Stream::output, "\n"));
    pid = child->pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_TRUE(process_is_gone(grandchild));
}

TEST(Child, StatusTakenBySomebodyElse) {
  auto child = shell("exit 0");
  ASSERT_EQ(::waitpid(child->pid(), nullptr, 0), child->pid());  // a script's wait()
  EXPECT_EQ(child->state().kind, Kind::lost);
  child->signal(SIGKILL);  // to nobody
  EXPECT_EQ(describe(child->kill()), "has ended");
}

TEST(Child, TenMegabytesOnOneLine) {
  auto child = shell("head -c 10000000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(read_all(*child), std::string(10000000, 'x'));
}

TEST(Executable, IsFoundOnPathOrWhereASlashSays) {
  auto found = find_executable("sh");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->filename(), "sh");
  EXPECT_EQ(find_executable("/bin/sh")->string(), "/bin/sh");
  EXPECT_EQ(find_executable("nothing-is-called-so").error().message, "no program named nothing-is-called-so on PATH");
  EXPECT_EQ(find_executable("/etc").error().message, "cannot run /etc: it is a directory");
  EXPECT_EQ(find_executable("/etc/passwd").error().message, "cannot run /etc/passwd: Permission denied");
  EXPECT_FALSE(find_executable(""));
}

}  // namespace
}  // namespace alicia::process

// SPDX-License-Identifier: GPL-3.0-or-later
// What a job-control shell does for its foreground job, seen from a program that is itself one end of the pipe.
//
// At a terminal, sh gets a process group of its own and the terminal, so that `!vi` and `ps | less` may read keys, and
// Ctrl-C reaches them alone. The terminal has to come back as soon as sh ends, and not only when the command that
// writes to its pipe is through: or Ctrl-C would reach nobody while a long command goes on behind a `less` that was
// left. So a thread waits for sh while the command runs. It also sees Ctrl-Z: sh has stopped, and Alicia stops with it
// for the shell it was started from; when that continues Alicia, sh goes on where it was.
//
// Without a terminal of its own to give (-e, -x), Alicia is a program among others in its caller's job: sh stays in the
// same group, as with system(3), and Ctrl-C reaches all.
#include "shell/shell_child.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "base/signals_blocked.hpp"

namespace alicia::shell {
namespace {

/// What sh exits with where SIGINT killed its last command.
constexpr int kInterrupted = 128 + SIGINT;

class SpawnSetup {
 public:
  explicit SpawnSetup(const ShellChild::Options& options) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    if (options.terminal != nullptr) {
      posix_spawn_file_actions_addtcsetpgrp_np(&actions_, options.terminal->descriptor());
      posix_spawnattr_setpgroup(&attributes_, 0);
    }
    if (options.input >= 0) posix_spawn_file_actions_adddup2(&actions_, options.input, STDIN_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    const int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (options.terminal ? POSIX_SPAWN_SETPGROUP : 0);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  Result<pid_t> spawn(std::string text) const {
    std::string name = "sh", option = "-c";
    const std::array<char*, 4> words{name.data(), option.data(), text.data(), nullptr};
    pid_t pid = -1;
    const int error = posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, words.data(), environ);
    if (error == 0) return pid;
    return failure(ErrorCode::cannot_open, fmt::format("cannot run /bin/sh: {}", std::strerror(error)));
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// Stops this process as Ctrl-Z would, and comes back once it goes on.
void stop_with_the_child() {
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, &before);
  raise(SIGTSTP);  // to this thread, so that it returns only afterwards
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

bool ShellEnd::interrupted() const {
  if (!known) return false;
  return (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) ||
         (WIFEXITED(status) && WEXITSTATUS(status) == kInterrupted);
}

Result<std::unique_ptr<ShellChild>> ShellChild::start(const Options& options, Cancellation& cancellation) {
  process::UniqueFd ended(eventfd(0, EFD_CLOEXEC));
  if (!ended) return failure(ErrorCode::cannot_open, fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
  if (options.terminal != nullptr) options.terminal->remember_modes();
  auto pid = SpawnSetup(options).spawn(options.text);
  if (!pid) return failure(std::move(pid));
  return std::unique_ptr<ShellChild>(new ShellChild(*pid, options.terminal, cancellation, std::move(ended)));
}

ShellChild::ShellChild(pid_t pid, Terminal* terminal, Cancellation& cancellation, process::UniqueFd ended)
    : pid_(pid), terminal_(terminal), cancellation_(cancellation), ended_(std::move(ended)) {
  const SignalsBlocked blocked;
  watcher_ = std::thread([this] { watch(); });
}

ShellChild::~ShellChild() {
  wait();
}

void ShellChild::watch() {
  // The status is left where it is until `wait` takes it: so long the number stays the child's, and a signal to it
  // cannot hit a stranger.
  const int what = WEXITED | WNOWAIT | (terminal_ != nullptr ? WSTOPPED : 0);
  siginfo_t info{};
  while (true) {
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, what) != 0) {
      if (errno == EINTR) continue;
      info.si_code = 0;
      break;
    }
    if (info.si_code != CLD_STOPPED) break;
    waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG);
    on_stop();
  }
  if (terminal_ != nullptr) terminal_->take_back(info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED);
  const bool interrupted = (info.si_code == CLD_KILLED && info.si_status == SIGINT) ||
                           (info.si_code == CLD_EXITED && info.si_status == kInterrupted);
  if (interrupted) cancellation_.request();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(ended_.get(), &one, sizeof one);
}

void ShellChild::on_stop() {
  terminal_->take_back(true);
  stop_with_the_child();
  terminal_->give_to(pid_);
  kill(-pid_, SIGCONT);
}

ShellEnd ShellChild::wait() {
  if (!watcher_.joinable()) return end_;
  while (true) {
    if (cancellation_.requested()) kill(terminal_ != nullptr ? -pid_ : pid_, SIGINT);
    pollfd ended{ended_.get(), POLLIN, 0};
    if (poll(&ended, 1, -1) > 0) break;
  }
  watcher_.join();
  end_.known = waitpid(pid_, &end_.status, 0) == pid_;
  return end_;
}

}  // namespace alicia::shell

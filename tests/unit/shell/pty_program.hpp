// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace alicia::shell {

/// A function in a process of its own behind a new terminal, and someone who types and reads there.
class PtyProgram {
 public:
  explicit PtyProgram(const std::function<int()>& body) {
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      setenv("TERM", "dumb", 1);
      setenv("INPUTRC", "/dev/null", 1);
      keep_output();
      _exit(body());
    }
  }
  ~PtyProgram() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    wait();
    close(terminal_);
  }
  PtyProgram(const PtyProgram&) = delete;
  PtyProgram& operator=(const PtyProgram&) = delete;

  void type(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(terminal_, text.data(), text.size());
  }
  /// Reads until `text` has come, and forgets what came up to its end. False after ten seconds.
  bool expect(std::string_view text) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (true) {
      const auto at = seen_.find(text);
      if (at != std::string::npos) {
        before_ = seen_.substr(0, at);
        seen_.erase(0, at + text.size());
        return true;
      }
      if (std::chrono::steady_clock::now() > limit || !read_some()) return false;
    }
  }
  /// What came before the text that was expected last.
  const std::string& before() const { return before_; }
  /// What came and was not expected.
  const std::string& rest() const { return seen_; }
  pid_t pid() const { return pid_; }
  /// Its exit status, or -1 where a signal ended it.
  int wait() {
    if (pid_ <= 0) return status_;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Waits until the program is in the foreground of its terminal. False after ten seconds.
  bool in_foreground() {
    for (int i = 0; i < 1000; ++i) {
      if (tcgetpgrp(terminal_) == pid_) return true;
      usleep(10000);
    }
    return false;
  }

 private:
  /// Ctrl-C makes the terminal forget what it was to show, and on a busy machine it does so after the answer to Ctrl-C.
  static void keep_output() {
    termios modes{};
    tcgetattr(STDIN_FILENO, &modes);
    modes.c_lflag |= NOFLSH;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
  }
  bool read_some() {
    pollfd there{terminal_, POLLIN, 0};
    if (poll(&there, 1, 200) <= 0) return true;
    std::array<char, 4096> part;
    const auto count = ::read(terminal_, part.data(), part.size());
    if (count <= 0) return false;
    seen_.append(part.data(), static_cast<std::size_t>(count));
    return true;
  }

  pid_t pid_ = -1;
  int terminal_ = -1;
  int status_ = -1;
  std::string seen_, before_;
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "process/unique_fd.hpp"
#include "shell/terminal.hpp"

namespace alicia::shell {

/// How a `/bin/sh` ended.
struct ShellEnd {
  bool known = true;  ///< false where a script's wait() took the status
  int status = 0;     ///< as waitpid gives it

  bool well() const { return !known || status == 0; }
  /// Ctrl-C ended it, or its last command.
  bool interrupted() const;
};

/// `/bin/sh -c TEXT` on this process's descriptors 1 and 2.
class ShellChild {
 public:
  struct Options {
    std::string text;
    int input = -1;                ///< its standard input; -1: this process's
    Terminal* terminal = nullptr;  ///< given to it, in a process group of its own; or it stays in Alicia's group
  };
  /// `cancellation` is requested where Ctrl-C ends the child, since Alicia does not see the signal then.
  /// Error: cannot_open.
  static Result<std::unique_ptr<ShellChild>> start(const Options& options, Cancellation& cancellation);
  /// Waits as well.
  ~ShellChild();
  ShellChild(const ShellChild&) = delete;
  ShellChild& operator=(const ShellChild&) = delete;

  /// Sleeps until it has ended, its terminal back with Alicia. A request of cancellation goes on to it as SIGINT.
  ShellEnd wait();

 private:
  ShellChild(pid_t pid, Terminal* terminal, Cancellation& cancellation, process::UniqueFd ended);
  void watch();
  void on_stop();

  pid_t pid_;
  Terminal* terminal_;
  Cancellation& cancellation_;
  process::UniqueFd ended_;  // an eventfd: readable once `end_` is there
  ShellEnd end_;
  std::thread watcher_;
};

}  // namespace alicia::shell

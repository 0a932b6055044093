// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/terminal.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace alicia::shell {
namespace {

/// A process in the background that touches the terminal is stopped by SIGTTOU, unless it blocks that.
class WithoutStopping {
 public:
  WithoutStopping() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~WithoutStopping() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutStopping(const WithoutStopping&) = delete;
  WithoutStopping& operator=(const WithoutStopping&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

std::unique_ptr<Terminal> Terminal::open() {
  process::UniqueFd descriptor(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!descriptor || tcgetpgrp(descriptor.get()) != getpgrp()) return nullptr;
  std::unique_ptr<Terminal> terminal(new Terminal(std::move(descriptor), getpgrp()));
  terminal->remember_modes();
  return terminal;
}

void Terminal::give_to(pid_t group) const {
  const WithoutStopping guard;
  tcsetpgrp(descriptor(), group);
}

void Terminal::take_back(bool restore_modes) const {
  const WithoutStopping guard;
  tcsetpgrp(descriptor(), group_);
  if (restore_modes) tcsetattr(descriptor(), TCSADRAIN, &modes_);
}

void Terminal::remember_modes() {
  tcgetattr(descriptor(), &modes_);
}

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#include "perl/signal_guard.hpp"

#include <atomic>
#include <cerrno>

namespace alicia::perl {
namespace {

// A signal handler is given nothing but its number, so these two are the program's only way to it. They are written
// while no handler of ours is installed.
std::atomic<int*> perl_pending{nullptr};
struct sigaction host_action {};

void on_interrupt(int number, siginfo_t* info, void* context) {
  const int saved = errno;
  if ((host_action.sa_flags & SA_SIGINFO) != 0) {
    host_action.sa_sigaction(number, info, context);
  } else {
    host_action.sa_handler(number);
  }
  if (int* pending = perl_pending.load(std::memory_order_relaxed)) *pending = 1;
  errno = saved;
}

bool is_function(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

bool same_handler(const struct sigaction& left, const struct sigaction& right) {
  return left.sa_sigaction == right.sa_sigaction;
}

}  // namespace

SignalGuard::SignalGuard(int* pending) {
  sigaction(SIGINT, nullptr, &host_);
  wanted_ = host_;
  if (!is_function(host_)) return;
  host_action = host_;
  perl_pending.store(pending, std::memory_order_relaxed);
  wanted_.sa_sigaction = on_interrupt;
  wanted_.sa_flags = SA_SIGINFO;  // no SA_RESTART: a blocked read has to come back
  sigaction(SIGINT, &wanted_, nullptr);
}

SignalGuard::~SignalGuard() {
  sigaction(SIGINT, &host_, nullptr);
  perl_pending.store(nullptr, std::memory_order_relaxed);
}

void SignalGuard::renew() const {
  struct sigaction now {};
  if (sigaction(SIGINT, nullptr, &now) == 0 && !same_handler(now, wanted_)) sigaction(SIGINT, &wanted_, nullptr);
}

}  // namespace alicia::perl

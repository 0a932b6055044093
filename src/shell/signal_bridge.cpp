// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/signal_bridge.hpp"

#include <atomic>

namespace alicia::shell {
namespace {

// A handler is given nothing but the signal's number; this is its only way to the program.
std::atomic<Cancellation*> cancellation_of_handler{nullptr};

void on_interrupt(int) {
  if (Cancellation* cancellation = cancellation_of_handler.load(std::memory_order_relaxed)) cancellation->request();
}

}  // namespace

SignalBridge::SignalBridge(Cancellation& cancellation) {
  cancellation_of_handler.store(&cancellation, std::memory_order_relaxed);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a blocked read has to come back
  sigaction(SIGINT, &action, &interrupt_before_);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &pipe_before_);
}

SignalBridge::~SignalBridge() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  cancellation_of_handler.store(nullptr, std::memory_order_relaxed);
}

}  // namespace alicia::shell

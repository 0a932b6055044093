// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>

#include "base/cancellation.hpp"

namespace alicia::shell {

/// While this lives, SIGINT requests cancellation and breaks off blocking calls, and SIGPIPE is ignored, so that a
/// reader that went away is an error of write(). One at a time.
class SignalBridge {
 public:
  explicit SignalBridge(Cancellation& cancellation);
  ~SignalBridge();
  SignalBridge(const SignalBridge&) = delete;
  SignalBridge& operator=(const SignalBridge&) = delete;

 private:
  struct sigaction interrupt_before_ {};
  struct sigaction pipe_before_ {};
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>

namespace alicia {

/// Ctrl-C, as everything that may take long polls it. The signal handler requests; the prompt clears.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  void clear() noexcept { requested_.store(false, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>

namespace alicia {

/// Ctrl-C, as everything that may take long polls it. The signal handler requests; the prompt clears.
class Cancellation {
 public:
  void request() noexcept { requests_.fetch_add(1, std::memory_order_relaxed); }
  void clear() noexcept { requests_.store(0, std::memory_order_relaxed); }
  bool requested() const noexcept { return requests() != 0; }
  /// How often since it was cleared: whoever is already stopping may be asked to hurry.
  unsigned requests() const noexcept { return requests_.load(std::memory_order_relaxed); }

 private:
  std::atomic<unsigned> requests_{0};
  static_assert(std::atomic<unsigned>::is_always_lock_free);  // signal handlers request
};

}  // namespace alicia

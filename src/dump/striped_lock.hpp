// SPDX-License-Identifier: GPL-3.0-or-later
// A lock for data read all the time and changed rarely. Readers count themselves in and out on a cache line of their
// processor's, so that two of them never fetch a line from each other: some 10 ns, whatever the number of threads. A
// writer raises a flag and waits until every line says that nobody reads. std::shared_mutex has one line for all.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

namespace alicia::dump {

class StripedLock {
 public:
  /// Holds the lock for reading. Must not be taken twice by a thread, nor while it holds a Writer.
  class Reader {
   public:
    explicit Reader(StripedLock& lock) : stripe_(lock.enter()) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() { stripe_.fetch_sub(1, std::memory_order_release); }

   private:
    std::atomic<unsigned>& stripe_;
  };

  /// Holds the lock for writing.
  class Writer {
   public:
    explicit Writer(StripedLock& lock) : lock_(lock), hold_(lock.writers_) {
      lock_.writing_.store(true, std::memory_order_seq_cst);
      for (auto& stripe : lock_.stripes_) {
        while (stripe.readers.load(std::memory_order_seq_cst) != 0)
          std::this_thread::yield();
      }
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { lock_.writing_.store(false, std::memory_order_release); }

   private:
    StripedLock& lock_;
    std::lock_guard<std::mutex> hold_;
  };

 private:
  struct alignas(64) Stripe {
    std::atomic<unsigned> readers{0};
  };
  static constexpr unsigned kStripes = 32;

  std::atomic<unsigned>& enter() {
    auto& stripe = stripes_[static_cast<unsigned>(::sched_getcpu()) % kStripes].readers;
    for (;;) {
      stripe.fetch_add(1, std::memory_order_seq_cst);
      if (!writing_.load(std::memory_order_seq_cst)) return stripe;
      stripe.fetch_sub(1, std::memory_order_release);
      while (writing_.load(std::memory_order_acquire))
        std::this_thread::yield();
    }
  }

  std::array<Stripe, kStripes> stripes_;
  alignas(64) std::atomic<bool> writing_{false};
  std::mutex writers_;
};

}  // namespace alicia::dump

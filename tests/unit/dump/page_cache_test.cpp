// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/page_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace alicia::dump {
namespace {

using Number = std::shared_ptr<const std::uint64_t>;

TEST(PageCache, ReturnsWhatWasPutIn) {
  const PageCache<int> cache{64};
  EXPECT_FALSE(cache.visit(PageFrame{7}, [](int) { FAIL(); }));
  cache.insert(PageFrame{7}, 70);
  cache.insert(PageFrame{7}, 71);
  int found = 0;
  EXPECT_TRUE(cache.visit(PageFrame{7}, [&found](int value) { found = value; }));
  EXPECT_EQ(found, 71);
}

TEST(PageCache, StaysWithinItsBounds) {
  const PageCache<Number> cache{1024};
  std::vector<std::weak_ptr<const std::uint64_t>> all;
  for (std::uint64_t frame = 0; frame < 100000; ++frame) {
    auto value = std::make_shared<const std::uint64_t>(frame);
    all.push_back(value);
    cache.insert(PageFrame{frame}, std::move(value));
  }
  const auto alive = std::ranges::count_if(all, [](const auto& weak) { return !weak.expired(); });
  EXPECT_GE(alive, 800);
  EXPECT_LE(alive, 1024);
}

TEST(PageCache, KeepsWhatIsInUse) {
  const PageCache<int> cache{1024};
  cache.insert(PageFrame{5}, 5);
  for (std::uint64_t frame = 100; frame < 50000; ++frame) {
    cache.insert(PageFrame{frame}, 0);
    cache.visit(PageFrame{5}, [](int) {});
  }
  EXPECT_TRUE(cache.visit(PageFrame{5}, [](int) {}));
}

TEST(PageCache, NeverMixesFramesWhenThreadsReadAndWrite) {
  const PageCache<Number> cache{64};
  std::atomic<bool> wrong{false};
  const auto work = [&](std::uint64_t seed) {
    std::uint64_t state = seed;
    for (int turn = 0; turn < 50000; ++turn) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      const std::uint64_t frame = (state >> 33) % 500;
      const bool hit = cache.visit(PageFrame{frame}, [&](const Number& value) {
        if (*value != frame) wrong = true;
      });
      if (!hit) cache.insert(PageFrame{frame}, std::make_shared<const std::uint64_t>(frame));
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t seed = 1; seed <= 4; ++seed)
      threads.emplace_back(work, seed);
  }
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace alicia::dump

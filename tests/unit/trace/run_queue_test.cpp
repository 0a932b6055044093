// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/run_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "trace/analysis.hpp"

namespace alicia::trace {
namespace {

using testing::ElementsAre;

constexpr std::uint16_t kSwitch = 1, kWakeup = 2, kMade = 3, kMigration = 4;
constexpr std::int32_t kRuns = 0, kSleeps = 1, kPreempted = 0x100;

EventField field(std::uint32_t offset) {
  EventField made;
  made.type = "int";
  made.offset = offset;
  made.size = 4;
  made.is_signed = true;
  return made;
}

/// Events of two CPUs, made one after the other; time counts them.
class RunQueue : public testing::Test {
 protected:
  struct Written {
    unsigned cpu;
    std::array<std::int32_t, 4> words;
  };
  void write(unsigned cpu, std::uint16_t type, std::int32_t first, std::int32_t second, std::int32_t third = 0) {
    written.push_back({cpu, {type, first, second, third}});
  }
  void switched(unsigned cpu, std::int32_t from, std::int32_t state, std::int32_t to) {
    write(cpu, kSwitch, from, state, to);
  }
  void woken(std::int32_t task, unsigned cpu) { write(0, kWakeup, task, static_cast<std::int32_t>(cpu)); }

  Records records() const {
    LoadedBuffer loaded;
    for (unsigned cpu = 0; cpu < 2; ++cpu) {
      CpuBuffer part;
      part.cpu = cpu;
      std::vector<std::byte> bytes;
      std::uint32_t last = 0;
      for (std::uint32_t time = 0; time < written.size(); ++time) {
        if (written[time].cpu != cpu) continue;
        const std::uint32_t header = 4U | (time - last) << 5U;
        last = time;
        const auto append = [&](std::span<const std::byte> raw) { bytes.insert(bytes.end(), raw.begin(), raw.end()); };
        append(std::as_bytes(std::span(&header, 1)));
        append(std::as_bytes(std::span(written[time].words)));
      }
      loaded.ring.add(part, {}, bytes);
      loaded.ring.cpus.push_back(std::move(part));
    }
    std::vector<LoadedBuffer> buffers;
    buffers.push_back(std::move(loaded));
    auto merged = Records::merge(std::move(buffers), {});
    EXPECT_TRUE(merged);
    return std::move(*merged);
  }

  /// Lengths behind each switch; those that are lower bounds negative.
  std::vector<int> lengths(std::vector<std::optional<std::int64_t>> last = {}) const {
    SchedulerEvents kinds;
    kinds.switched = {kSwitch, field(4), field(8), field(12)};
    kinds.wakeups = {{kWakeup, field(4), field(8), false}, {kMade, field(4), field(8), true}};
    kinds.migrated = {kMigration, field(4), field(8), field(12)};
    QueueHints hints = hints_;
    hints.last = {std::move(last)};
    const auto found = queue_lengths(records(), kinds, hints, {});
    std::vector<int> result;
    for (const QueueLength& entry : found->switches)
      result.push_back(entry.is_exact != 0 ? static_cast<int>(entry.length) : -static_cast<int>(entry.length));
    return result;
  }

  std::vector<Written> written;
  QueueHints hints_;
};

TEST_F(RunQueue, IsKnownWhereTheCpuWasIdleOnce) {
  switched(0, 7, kPreempted, 8);
  switched(0, 8, kSleeps, 7);
  switched(0, 7, kSleeps, 0);
  woken(8, 0);
  woken(9, 0);
  switched(0, 0, kRuns, 8);
  EXPECT_THAT(lengths(), ElementsAre(2, 1, 0, 2));
}

TEST_F(RunQueue, IsCountedBackwardsFromTheDumpWhereItWasNot) {
  switched(1, 7, kPreempted, 8);
  woken(9, 1);
  switched(1, 8, kSleeps, 9);
  EXPECT_THAT(lengths(), ElementsAre(-2, -2)) << "and is a lower bound without the dump's number";
  EXPECT_THAT(lengths({std::nullopt, 2}), ElementsAre(2, 2));
  EXPECT_THAT(lengths({std::nullopt, 5}), ElementsAre(5, 5)) << "three tasks that have no event";
  EXPECT_THAT(lengths({std::nullopt, 1}), ElementsAre(-2, -2)) << "which contradicts the events";
}

TEST_F(RunQueue, FollowsTasksFromCpuToCpu) {
  switched(0, 7, kPreempted, 8);
  write(0, kMigration, 7, 0, 1);
  switched(1, 0, kRuns, 7);
  switched(0, 8, kSleeps, 0);
  switched(1, 7, kSleeps, 0);
  EXPECT_THAT(lengths(), ElementsAre(2, 1, 0, 0));
}

TEST_F(RunQueue, DoesNotTakeTheMigrationOfASleeperForMore) {
  write(0, kMigration, 7, 0, 1);
  woken(7, 1);
  switched(1, 0, kRuns, 7);
  switched(1, 7, kSleeps, 0);
  EXPECT_THAT(lengths(), ElementsAre(1, 0));
}

TEST_F(RunQueue, DoesNotCountWhoIsWokenWhileItRuns) {
  woken(7, 0);
  switched(0, 7, kSleeps, 0);
  write(0, kMade, 9, 0);
  switched(0, 0, kRuns, 9);
  woken(9, 0);
  switched(0, 9, kSleeps, 0);
  EXPECT_THAT(lengths(), ElementsAre(0, 1, 0));
}

TEST_F(RunQueue, IsALowerBoundWhereAWakeupIsMissing) {
  switched(0, 7, kSleeps, 0);
  switched(0, 0, kRuns, 8);
  switched(0, 8, kPreempted, 7);
  switched(0, 7, kSleeps, 8);
  EXPECT_THAT(lengths(), ElementsAre(0, -1, 2, 1));
}

TEST_F(RunQueue, IsALowerBoundWhereASwitchIsMissing) {
  switched(0, 0, kRuns, 7);
  switched(0, 8, kPreempted, 9);  // what became of 7 shows when it is woken
  switched(0, 9, kPreempted, 8);
  woken(7, 0);
  switched(0, 8, kPreempted, 7);
  switched(0, 7, kSleeps, 8);
  EXPECT_THAT(lengths({2}), ElementsAre(3, -2, -2, 3, 2));
  switched(0, 8, kSleeps, 9);
  switched(0, 9, kSleeps, 0);
  EXPECT_THAT(lengths(), ElementsAre(3, -2, -2, 3, 2, 1, 0));
}

TEST_F(RunQueue, IsALowerBoundWhereEventsWereOverwrittenOrLost) {
  switched(0, 7, kSleeps, 0);
  switched(0, 0, kRuns, 7);
  switched(0, 7, kSleeps, 0);
  hints_.complete_from = {2};
  EXPECT_THAT(lengths(), ElementsAre(0, -1, 0));
  hints_.lossy = {true};
  woken(7, 0);
  switched(0, 0, kRuns, 7);
  EXPECT_THAT(lengths(), ElementsAre(0, -1, 0, -1));
}

TEST_F(RunQueue, StopsWhenAsked) {
  switched(0, 7, kSleeps, 0);
  Cancellation cancellation;
  cancellation.request();
  const auto found = queue_lengths(records(), {}, {}, cancellation);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::interrupted);
}

class Latency : public RunQueue {
 protected:
  Result<std::vector<GroupStatistics>> run(const Cancellation& cancellation = {}) const {
    const Records events = records();
    const auto pairs = pair_up(events, {kWakeup, kSwitch, {{field(4)}, false}, {{field(12)}, false}}, {});
    return statistics(events, *pairs, {{field(4)}, true}, cancellation);
  }
};

TEST_F(Latency, IsSummedUpByGroup) {
  for (int round = 0; round < 3; ++round) {
    woken(-7, 0);
    woken(9, 1);
    switched(1, 0, kRuns, 9);
    for (int pause = 0; pause < round; ++pause)
      woken(100, 0);
    switched(0, 0, kRuns, -7);
  }
  const auto groups = run();
  ASSERT_TRUE(groups);
  ASSERT_EQ(groups->size(), 2U);
  const GroupStatistics& slow = groups->front();
  EXPECT_EQ(static_cast<std::int64_t>(slow.group[0]), -7) << "negative numbers first";
  EXPECT_EQ(slow.count, 3U);
  EXPECT_EQ(slow.min, 3U);
  EXPECT_EQ(slow.max, 5U);
  EXPECT_EQ(slow.p50, 4U);
  EXPECT_EQ(slow.p99, 5U);
  EXPECT_EQ(slow.total, 12U);
  EXPECT_EQ(groups->back().max, 1U);
  Cancellation cancellation;
  cancellation.request();
  ASSERT_FALSE(run(cancellation));
}

TEST(Collecting, TellsHowFarItIsAndStopsWhenAsked) {
  LoadedBuffer loaded;
  CpuBuffer part;
  for (int page = 0; page < 700; ++page) {
    std::vector<std::byte> bytes;
    for (int event = 0; event < 200; ++event) {
      const std::array<std::uint32_t, 5> words{4};
      const auto raw = std::as_bytes(std::span(words));
      bytes.insert(bytes.end(), raw.begin(), raw.end());
    }
    loaded.ring.add(part, {}, bytes);
  }
  loaded.ring.cpus.push_back(std::move(part));
  Cancellation cancellation;
  std::vector<LoadedBuffer> buffers;
  buffers.push_back(std::move(loaded));
  std::size_t told = 0;
  const auto merged = Records::merge(std::move(buffers), cancellation, [&](std::size_t events) {
    told = events;
    cancellation.request();
  });
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::interrupted);
  EXPECT_EQ(told, 65536U) << "of 140,000";
}

}  // namespace
}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "trace/event_format.hpp"
#include "trace/records.hpp"

namespace alicia::trace {

/// Which records are wanted; what is not given is not asked for.
struct Selection {
  std::optional<std::vector<std::int32_t>> types, cpus, pids;
};

/// The records' places, in order. @param pid the common field that tells a record's task
Result<std::vector<std::uint32_t>> select(const Records& events, const Selection& selection, const EventField& pid,
                                          const Cancellation& cancellation);

/// The first record whose time is not before `time`, of records that are in one order by time (those of one buffer).
std::size_t first_from(const Records& records, std::uint64_t time);

/// How many of the records from `first` on each CPU has in each of `bins` spans of `width` units, the first of which
/// begins at `from`; what is outside counts nowhere. CPUs by number, those without records empty.
std::vector<std::vector<std::uint32_t>> density(const Records& records, std::size_t first, std::uint64_t from,
                                                std::uint64_t width, std::size_t bins);

/// What tells events apart or puts them together: members of their records, and perhaps the CPU they were recorded on.
struct Key {
  static constexpr std::size_t kMost = 3;
  std::vector<EventField> fields;  ///< kMost at most
  bool with_cpu = false;

  using Value = std::array<std::uint64_t, kMost + 1>;  ///< the fields' values, then the CPU
  Value of(const Event& event) const;
};

/// Two events that belong together, as a call and its return: places of the records.
struct Pair {
  std::uint32_t begin = 0, end = 0;
};

/// What is to be paired.
struct Pairing {
  std::uint16_t begin = 0, end = 0;  ///< kinds of event
  Key begin_key, end_key;            ///< equal for events that belong together
};

/// In the order of their ends. Eight bytes each, in small blocks: there may be millions.
struct Pairs {
  std::deque<Pair> pairs;
  std::uint64_t unpaired_begins = 0, unpaired_ends = 0;
};

/// Pairs each beginning with the next end of the same buffer that has its key. A beginning that another one of its key
/// follows stays without an end.
Result<Pairs> pair_up(const Records& events, const Pairing& pairing, const Cancellation& cancellation);

/// The durations of one group, in the clock's units.
struct GroupStatistics {
  Key::Value group{};
  std::uint32_t last = 0;  ///< the beginning of its last pair
  std::uint64_t count = 0, total = 0, max = 0, min = 0, p50 = 0, p90 = 0, p99 = 0;
};

/// By what the beginnings' records say, in ascending order. A percentile of rank p is the smallest duration that p per
/// cent are not above.
Result<std::vector<GroupStatistics>> statistics(const Records& events, const Pairs& pairs, const Key& group,
                                                const Cancellation& cancellation);

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
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
Result<std::vector<std::uint32_t>> select(const Records& records, const Selection& selection, const EventField& pid,
                                          const Cancellation& cancellation);

/// The first record whose time is not before `time`, of records that are in one order by time (those of one buffer).
std::size_t first_from(const Records& records, std::uint64_t time);

/// How many of the records from `first` on each CPU has in each of `bins` spans of `width` units, the first of which
/// begins at `from`; what is outside counts nowhere. CPUs by number, those without records empty.
std::vector<std::vector<std::uint32_t>> density(const Records& records, std::size_t first, std::uint64_t from,
                                                std::uint64_t width, std::size_t bins);

/// Two events that belong together, as a call and its return.
struct Pair {
  std::int64_t group = 0;
  std::uint32_t begin = 0, end = 0;  ///< places of the records
  std::uint64_t duration = 0;        ///< in the clock's units
};

/// What is to be paired.
struct Pairing {
  std::uint16_t begin = 0, end = 0;  ///< kinds of event
  EventField begin_key, end_key;     ///< equal for events that belong together
  EventField group;                  ///< of the beginning's record
};

struct Pairs {
  std::vector<Pair> pairs;  ///< in the order of their ends
  std::uint64_t unpaired_begins = 0, unpaired_ends = 0;
};

/// Pairs each beginning with the next end of the same buffer that has its key. A beginning that another one of its key
/// follows stays without an end.
Result<Pairs> pair_up(const Records& records, const Pairing& pairing, const Cancellation& cancellation);

/// The durations of one group.
struct GroupStatistics {
  std::int64_t group = 0;
  std::uint64_t count = 0, total = 0, max = 0, min = 0, p50 = 0, p90 = 0, p99 = 0;
};

/// By group, in ascending order. A percentile of rank p is the smallest duration that p per cent are not above.
std::vector<GroupStatistics> statistics(const std::vector<Pair>& pairs);

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/analysis.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <unordered_map>
#include <utility>

#include "trace/limits.hpp"

namespace alicia::trace {
namespace {

constexpr std::size_t kBatch = std::size_t{2} << 20U;  // durations

struct ValueHash {
  std::size_t operator()(const Key::Value& value) const {
    std::uint64_t mixed = 0;
    for (const std::uint64_t part : value)
      mixed = (mixed ^ part) * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(mixed ^ mixed >> 32U);
  }
};

/// A key within a buffer.
struct Place {
  Key::Value value;
  std::uint16_t buffer;
  friend bool operator==(const Place&, const Place&) = default;
};
struct PlaceHash {
  std::size_t operator()(const Place& place) const { return ValueHash{}(place.value) * 31 + place.buffer; }
};

/// A group while its durations are gathered.
struct Group {
  Key::Value value{};
  std::size_t count = 0;
  std::uint32_t last = 0;     // the beginning of its last pair
  std::uint64_t longest = 0;  // of its durations
  std::size_t batch = 0;
  std::size_t at = 0;  // where the next duration goes, in its batch
};
using Groups = std::unordered_map<Key::Value, Group, ValueHash>;

template <class Duration>
std::uint64_t percentile(std::span<const Duration> sorted, std::size_t rank) {
  return sorted[(sorted.size() * rank + 99) / 100 - 1];
}

template <class Duration>
GroupStatistics summary(const Group& group, std::span<Duration> durations) {
  std::ranges::sort(durations);
  GroupStatistics entry;
  entry.group = group.value;
  entry.last = group.last;
  entry.count = durations.size();
  for (const std::uint64_t duration : durations)
    entry.total += duration;
  entry.min = durations.front();
  entry.max = durations.back();
  const std::span<const Duration> sorted = durations;
  entry.p50 = percentile(sorted, 50);
  entry.p90 = percentile(sorted, 90);
  entry.p99 = percentile(sorted, 99);
  return entry;
}

/// Negative numbers before others, as their fields say.
bool before(const Key& key, const Key::Value& left, const Key::Value& right) {
  for (std::size_t part = 0; part < left.size(); ++part) {
    if (left[part] == right[part]) continue;
    if (part < key.fields.size() && key.fields[part].is_signed)
      return static_cast<std::int64_t>(left[part]) < static_cast<std::int64_t>(right[part]);
    return left[part] < right[part];
  }
  return false;
}

}  // namespace

Key::Value Key::of(const Event& event) const {
  Value value{};
  for (std::size_t part = 0; part < fields.size() && part < kMost; ++part)
    value[part] = fields[part].in(event.payload);
  if (with_cpu) value[kMost] = event.cpu;
  return value;
}

Result<std::vector<std::uint32_t>> select(const Records& events, const Selection& selection, const EventField& pid,
                                          const Cancellation& cancellation) {
  const auto passes = [](const std::optional<std::vector<std::int32_t>>& wanted, std::int32_t value) {
    return !wanted || std::ranges::find(*wanted, value) != wanted->end();
  };
  std::vector<std::uint32_t> found;
  for (std::size_t index = 0; index < events.size(); ++index) {
    if (index % kPoll == 0 && cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    const Event event = events.event(index);
    if (!passes(selection.types, event.type)) continue;
    if (!passes(selection.cpus, event.cpu)) continue;
    if (selection.pids && !passes(selection.pids, static_cast<std::int32_t>(pid.in(event.payload)))) continue;
    found.push_back(static_cast<std::uint32_t>(index));
  }
  return found;
}

std::size_t first_from(const Records& records, std::uint64_t time) {
  std::size_t first = 0;
  for (std::size_t count = records.size(); count > 0;) {
    const std::size_t half = count / 2;
    if (records.time(first + half) < time) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

std::vector<std::vector<std::uint32_t>> density(const Records& records, std::size_t first, std::uint64_t from,
                                                std::uint64_t width, std::size_t bins) {
  std::vector<std::vector<std::uint32_t>> counts;
  for (std::size_t index = first; index < records.size(); ++index) {
    const std::uint64_t time = records.time(index);
    if (time < from || width == 0 || (time - from) / width >= bins) continue;
    const unsigned cpu = records.cpu(index);
    if (cpu >= counts.size()) counts.resize(cpu + 1);
    if (counts[cpu].empty()) counts[cpu].resize(bins);
    ++counts[cpu][static_cast<std::size_t>((time - from) / width)];
  }
  return counts;
}

Result<Pairs> pair_up(const Records& events, const Pairing& pairing, const Cancellation& cancellation) {
  Pairs result;
  std::unordered_map<Place, std::uint32_t, PlaceHash> begun;
  for (std::size_t index = 0; index < events.size(); ++index) {
    if (index % kPoll == 0 && cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    const Event event = events.event(index);
    if (event.type == pairing.begin) {
      const auto [entry, is_new] =
          begun.insert_or_assign({pairing.begin_key.of(event), event.buffer}, static_cast<std::uint32_t>(index));
      if (!is_new) ++result.unpaired_begins;
    } else if (event.type == pairing.end) {
      const auto found = begun.find({pairing.end_key.of(event), event.buffer});
      if (found == begun.end()) {
        ++result.unpaired_ends;
        continue;
      }
      result.pairs.push_back({found->second, static_cast<std::uint32_t>(index)});
      begun.erase(found);
    }
  }
  result.unpaired_begins += begun.size();
  return result;
}

namespace {

/// Makes the statistics of groups, a batch of them after the other: with the durations of all at once, millions of
/// pairs would need more memory than the pairs themselves.
class Statistician {
 public:
  Statistician(const Records& events, const Pairs& pairs, const Key& key, const Cancellation& cancellation)
      : events_(events), pairs_(pairs), key_(key), cancellation_(cancellation) {}
  Result<std::vector<GroupStatistics>> run();

 private:
  Result<void> find_groups();
  void make_batches();
  template <class Duration>
  Result<void> summarize(std::size_t batch, std::span<Group* const> members, std::vector<GroupStatistics>& result);
  bool interrupted(std::size_t at) const { return at % kPoll == 0 && cancellation_.requested(); }
  std::uint64_t duration(const Pair& pair) const { return events_.time(pair.end) - events_.time(pair.begin); }

  const Records& events_;
  const Pairs& pairs_;
  const Key& key_;
  const Cancellation& cancellation_;
  Groups groups_;
  std::vector<Group*> order_;
};

Result<void> Statistician::find_groups() {
  std::size_t at = 0;
  for (const Pair& pair : pairs_.pairs) {
    if (interrupted(at++)) return failure(ErrorCode::interrupted, "interrupted");
    const auto [entry, is_new] = groups_.try_emplace(key_.of(events_.event(pair.begin)));
    Group& group = entry->second;
    if (is_new) {
      group.value = entry->first;
      order_.push_back(&group);
    }
    group.last = pair.begin;
    ++group.count;
    group.longest = std::max(group.longest, duration(pair));
  }
  std::ranges::sort(order_,
                    [&](const Group* left, const Group* right) { return before(key_, left->value, right->value); });
  return {};
}

void Statistician::make_batches() {
  std::size_t batch = 0, filled = 0;
  for (Group* const group : order_) {
    if (filled != 0 && filled + group->count > kBatch) {
      ++batch;
      filled = 0;
    }
    group->batch = batch;
    group->at = filled;
    filled += group->count;
  }
}

template <class Duration>
Result<void> Statistician::summarize(std::size_t batch, std::span<Group* const> members,
                                     std::vector<GroupStatistics>& result) {
  std::vector<Duration> durations(members.back()->at + members.back()->count);
  std::size_t at = 0;
  for (const Pair& pair : pairs_.pairs) {
    if (interrupted(at++)) return failure(ErrorCode::interrupted, "interrupted");
    Group& group = groups_.at(key_.of(events_.event(pair.begin)));
    if (group.batch == batch) durations[group.at++] = static_cast<Duration>(duration(pair));
  }
  for (const Group* const group : members) {
    if (interrupted(0)) return failure(ErrorCode::interrupted, "interrupted");
    result.push_back(summary(*group, std::span(durations).subspan(group->at - group->count, group->count)));
  }
  return {};
}

Result<std::vector<GroupStatistics>> Statistician::run() {
  if (auto found = find_groups(); !found) return failure(std::move(found));
  make_batches();
  std::vector<GroupStatistics> result;
  for (auto begin = order_.begin(); begin != order_.end();) {
    const std::size_t batch = (*begin)->batch;
    const auto end = std::find_if(begin, order_.end(), [&](const Group* group) { return group->batch != batch; });
    const bool is_short = std::all_of(
        begin, end, [](const Group* group) { return group->longest <= std::numeric_limits<std::uint32_t>::max(); });
    const std::span<Group* const> members(begin, end);
    auto done =
        is_short ? summarize<std::uint32_t>(batch, members, result) : summarize<std::uint64_t>(batch, members, result);
    if (!done) return failure(std::move(done));
    begin = end;
  }
  return result;
}

}  // namespace

Result<std::vector<GroupStatistics>> statistics(const Records& events, const Pairs& pairs, const Key& group,
                                                const Cancellation& cancellation) {
  return Statistician(events, pairs, group, cancellation).run();
}

}  // namespace alicia::trace

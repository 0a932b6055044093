// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/analysis.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

namespace alicia::trace {
namespace {

constexpr std::size_t kPoll = 65536;

/// A key within a buffer.
struct Key {
  std::uint64_t value;
  std::size_t buffer;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    return std::hash<std::uint64_t>{}(key.value * 0x9e3779b97f4a7c15ULL + key.buffer);
  }
};

std::uint64_t percentile(const std::vector<std::uint64_t>& sorted, std::size_t rank) {
  return sorted[(sorted.size() * rank + 99) / 100 - 1];
}

}  // namespace

Result<std::vector<std::uint32_t>> select(const Records& records, const Selection& selection, const EventField& pid,
                                          const Cancellation& cancellation) {
  const auto passes = [](const std::optional<std::vector<std::int32_t>>& wanted, std::int32_t value) {
    return !wanted || std::ranges::find(*wanted, value) != wanted->end();
  };
  std::vector<std::uint32_t> found;
  for (std::size_t index = 0; index < records.size(); ++index) {
    if (index % kPoll == 0 && cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    if (!passes(selection.types, records.type(index))) continue;
    if (!passes(selection.cpus, static_cast<std::int32_t>(records.cpu(index)))) continue;
    if (selection.pids && !passes(selection.pids, static_cast<std::int32_t>(pid.in(records.payload(index))))) continue;
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

Result<Pairs> pair_up(const Records& records, const Pairing& pairing, const Cancellation& cancellation) {
  Pairs result;
  std::unordered_map<Key, std::uint32_t, KeyHash> begun;
  for (std::size_t index = 0; index < records.size(); ++index) {
    if (index % kPoll == 0 && cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    const std::uint16_t type = records.type(index);
    if (type == pairing.begin) {
      const Key key{pairing.begin_key.in(records.payload(index)), records.buffer(index)};
      const auto [entry, is_new] = begun.insert_or_assign(key, static_cast<std::uint32_t>(index));
      if (!is_new) ++result.unpaired_begins;
    } else if (type == pairing.end) {
      const auto found = begun.find({pairing.end_key.in(records.payload(index)), records.buffer(index)});
      if (found == begun.end()) {
        ++result.unpaired_ends;
        continue;
      }
      const std::uint32_t begin = found->second;
      begun.erase(found);
      const auto group = static_cast<std::int64_t>(pairing.group.in(records.payload(begin)));
      result.pairs.push_back(
          {group, begin, static_cast<std::uint32_t>(index), records.time(index) - records.time(begin)});
    }
  }
  result.unpaired_begins += begun.size();
  return result;
}

std::vector<GroupStatistics> statistics(const std::vector<Pair>& pairs) {
  std::map<std::int64_t, std::vector<std::uint64_t>> groups;
  for (const Pair& pair : pairs)
    groups[pair.group].push_back(pair.duration);
  std::vector<GroupStatistics> result;
  for (auto& [group, durations] : groups) {
    std::ranges::sort(durations);
    GroupStatistics entry;
    entry.group = group;
    entry.count = durations.size();
    for (const std::uint64_t duration : durations)
      entry.total += duration;
    entry.min = durations.front();
    entry.max = durations.back();
    entry.p50 = percentile(durations, 50);
    entry.p90 = percentile(durations, 90);
    entry.p99 = percentile(durations, 99);
    result.push_back(entry);
  }
  return result;
}

}  // namespace alicia::trace

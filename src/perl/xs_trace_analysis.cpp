// SPDX-License-Identifier: GPL-3.0-or-later
//
// What analyzers of events compose: choosing, pairing, statistics, lengths of run queues. What is long stays in C++
// with the collection; a script has its number, and takes it in parts.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "perl/trace_collections.hpp"
//
#include "perl/build.hpp"
#include "trace/analysis.hpp"
#include "trace/run_queue.hpp"

namespace alicia::perl {
namespace {

constexpr std::uint64_t kAnyTime = std::uint64_t{1} << 63U;
constexpr std::uint64_t kMostBins = 65536;
constexpr std::uint64_t kMostResults = std::uint64_t{1} << 40U;

/// The number under which a result is kept.
template <class Results, class Value>
std::uint64_t keep(Results& results, Value value) {
  const std::uint64_t number = results.empty() ? 0 : results.rbegin()->first + 1;
  results.emplace(number, std::move(value));
  return number;
}

template <class Results>
Result<typename Results::mapped_type*> kept(Results& results, std::uint64_t number) {
  const auto found = results.find(number);
  if (found == results.end()) return failure(ErrorCode::bad_argument, fmt::format("no result {}", number));
  return &found->second;
}

/// Numbers that `pack 'l*'` or `'q*'` made a text of.
template <class Number>
std::vector<Number> packed_numbers(const Text& packed) {
  std::vector<Number> numbers;
  const auto bytes = std::as_bytes(std::span(packed.bytes, packed.length));
  for (std::size_t at = 0; fits(at, sizeof(Number), bytes.size()); at += sizeof(Number))
    numbers.push_back(load<Number>(bytes, at));
  return numbers;
}

/// _trace_select(COLLECTION, TYPES, CPUS, PIDS): the places of the events that are of these kinds, CPUs and tasks. The
/// lists are packed as `l*`, undef for any; the result is packed as `L*`.
void xs_select(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 4, "_trace_select(COLLECTION, TYPES, CPUS, PIDS)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  std::optional<Text> packed[3];
  for (I32 index = 0; index < 3; ++index) {
    if (SvOK(ST(index + 1))) packed[index] = text_argument(aTHX_ ST(index + 1));
  }
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number);
    if (!found) return failure(found);
    const auto list = [&](std::size_t index) -> std::optional<std::vector<std::int32_t>> {
      if (!packed[index]) return std::nullopt;
      return packed_numbers<std::int32_t>(*packed[index]);
    };
    const trace::Selection selection{list(0), list(1), list(2)};
    const auto pid = std::ranges::find((*found)->formats().common, "common_pid", &trace::EventField::name);
    const auto places = trace::select((*found)->records(), selection,
                                      pid == (*found)->formats().common.end() ? trace::EventField() : *pid,
                                      state.session.cancellation());
    if (!places) return failure(places);
    return new_text(aTHX_ as_text(std::as_bytes(std::span(*places))));
  });
  XSRETURN(1);
}

/// _trace_first_from(COLLECTION, TIME): the place of the first event that is not before TIME, of a collection of one
/// buffer; how many there are where all are before.
void xs_first_from(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "_trace_first_from(COLLECTION, TIME)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t time = number_argument(aTHX_ ST(1), "time", kAnyTime);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return collection(state, number).map([&](trace::Collection* found) {
      return newSVuv(trace::first_from(found->records(), time));
    });
  });
  XSRETURN(1);
}

/// _trace_density(COLLECTION, FIRST, FROM, WIDTH, BINS): for each CPU by number undef or BINS counts packed as `L*`:
/// how many of the events from FIRST on are in each span of WIDTH units of time from FROM on.
void xs_density(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 5, "_trace_density(COLLECTION, FIRST, FROM, WIDTH, BINS)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t first = number_argument(aTHX_ ST(1), "event", kMostEvents);
  const std::uint64_t from = number_argument(aTHX_ ST(2), "time", kAnyTime);
  const std::uint64_t width = number_argument(aTHX_ ST(3), "width", kAnyTime);
  const std::uint64_t bins = number_argument(aTHX_ ST(4), "count", kMostBins);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return collection(state, number).map([&](trace::Collection* found) {
      AV* list = newAV();
      for (const auto& counts : trace::density(found->records(), static_cast<std::size_t>(first), from, width,
                                               static_cast<std::size_t>(bins)))
        av_push(list, counts.empty() ? newSV(0) : new_text(aTHX_ as_text(std::as_bytes(std::span(counts)))));
      return reference_to(aTHX_ list);
    });
  });
  XSRETURN(1);
}

/// A key of a kind of event: names of fields, own or common, separated by commas; `@cpu` is the CPU. Error:
/// bad_argument.
Result<trace::Key> key_of(const trace::EventFormats& formats, std::uint64_t id, std::string_view names) {
  trace::Key key;
  const trace::EventFormat* event = formats.find(static_cast<std::uint16_t>(id));
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    if (name == "@cpu") {
      key.with_cpu = true;
      continue;
    }
    const auto shared = std::ranges::find(formats.common, name, &trace::EventField::name);
    const trace::EventField* field = shared != formats.common.end() ? &*shared
                                     : event != nullptr             ? event->field(name)
                                                                    : nullptr;
    if (field == nullptr) return failure(ErrorCode::bad_argument, fmt::format("event {} has no field {}", id, name));
    key.fields.push_back(*field);
    key.fields.back().size = std::min(field->size, 8U);  // of a text, its first letters
  }
  if (key.fields.size() > trace::Key::kMost)
    return failure(ErrorCode::bad_argument, fmt::format("a key has {} fields at most", trace::Key::kMost));
  return key;
}

/// _trace_pairs(COLLECTION, BEGIN, END, BEGIN_KEY, END_KEY): a hash of number (by which the pairs are known), count,
/// begins and ends (how many have no partner).
void xs_pairs(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 5, "_trace_pairs(COLLECTION, BEGIN, END, BEGIN_KEY, END_KEY)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t begin = number_argument(aTHX_ ST(1), "event", 0xffff);
  const std::uint64_t end = number_argument(aTHX_ ST(2), "event", 0xffff);
  const Text begin_key = text_argument(aTHX_ ST(3));
  const Text end_key = text_argument(aTHX_ ST(4));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number);
    if (!found) return failure(found);
    const trace::EventFormats& formats = (*found)->formats();
    auto first = key_of(formats, begin, begin_key.view());
    if (!first) return failure(std::move(first));
    auto last = key_of(formats, end, end_key.view());
    if (!last) return failure(std::move(last));
    const trace::Pairing pairing{static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end), std::move(*first),
                                 std::move(*last)};
    auto paired = trace::pair_up((*found)->records(), pairing, state.session.cancellation());
    if (!paired) return failure(std::move(paired));
    HV* hash = newHV();
    put(aTHX_ hash, "count", newSVuv(paired->pairs.size()));
    put(aTHX_ hash, "begins", newSVuv(paired->unpaired_begins));
    put(aTHX_ hash, "ends", newSVuv(paired->unpaired_ends));
    put(aTHX_ hash, "number", newSVuv(keep((*found)->pairs(), std::move(*paired))));
    return reference_to(aTHX_ hash);
  });
  XSRETURN(1);
}

/// Begins an XSUB whose first two arguments are a collection and a result of it.
struct Place {
  std::uint64_t collection, result;
};
Place place_arguments(pTHX_ SV* first, SV* second) {
  return {number_argument(aTHX_ first, "collection", kMostCollections),
          number_argument(aTHX_ second, "result", kMostResults)};
}

SV* describe_group(pTHX_ const trace::GroupStatistics& group, bool is_signed) {
  HV* hash = newHV();
  const std::uint64_t value = group.group.front();
  put(aTHX_ hash, "group", is_signed ? newSViv(static_cast<IV>(value)) : newSVuv(value));
  put(aTHX_ hash, "last", newSVuv(group.last));
  put(aTHX_ hash, "count", newSVuv(group.count));
  put(aTHX_ hash, "total", newSVuv(group.total));
  put(aTHX_ hash, "max", newSVuv(group.max));
  put(aTHX_ hash, "min", newSVuv(group.min));
  put(aTHX_ hash, "p50", newSVuv(group.p50));
  put(aTHX_ hash, "p90", newSVuv(group.p90));
  put(aTHX_ hash, "p99", newSVuv(group.p99));
  return reference_to(aTHX_ hash);
}

/// The rows of at most `count` entries from the one at `first` on, as they lie in memory.
template <class Entries, class MakeRow>
SV* packed_rows(pTHX_ const Entries& entries, std::uint64_t first, std::uint64_t count, const MakeRow& row_of) {
  std::vector<decltype(row_of(entries[0]))> rows;
  for (std::uint64_t at = first; at < entries.size() && at - first < count; ++at)
    rows.push_back(row_of(entries[at]));
  return new_text(aTHX_ as_text(std::as_bytes(std::span(rows))));
}

/// _trace_statistics(COLLECTION, PAIRS, BEGIN, GROUP): a list of hashes, one for each value of the key GROUP that
/// beginnings (events of the kind BEGIN) have.
void xs_statistics(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 4, "_trace_statistics(COLLECTION, PAIRS, BEGIN, GROUP)");
  State& state = state_of(cv);
  const Place place = place_arguments(aTHX_ ST(0), ST(1));
  const std::uint64_t begin = number_argument(aTHX_ ST(2), "event", 0xffff);
  const Text names = text_argument(aTHX_ ST(3));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, place.collection);
    if (!found) return failure(found);
    const auto pairs = kept((*found)->pairs(), place.result);
    if (!pairs) return failure(pairs);
    const auto key = key_of((*found)->formats(), begin, names.view());
    if (!key) return failure(key);
    const auto groups = trace::statistics((*found)->records(), **pairs, *key, state.session.cancellation());
    if (!groups) return failure(groups);
    const bool is_signed = !key->fields.empty() && key->fields.front().is_signed;
    AV* list = newAV();
    for (const trace::GroupStatistics& group : *groups)
      av_push(list, describe_group(aTHX_ group, is_signed));
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

/// _trace_pair_list(COLLECTION, PAIRS, FIRST, COUNT): so many pairs packed as `(LLQ)*`: places of beginning and end,
/// duration.
void xs_pair_list(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 4, "_trace_pair_list(COLLECTION, PAIRS, FIRST, COUNT)");
  State& state = state_of(cv);
  const Place place = place_arguments(aTHX_ ST(0), ST(1));
  const std::uint64_t first = number_argument(aTHX_ ST(2), "pair", kMostResults);
  const std::uint64_t count = number_argument(aTHX_ ST(3), "count", kMostResults);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, place.collection);
    if (!found) return failure(found);
    const auto pairs = kept((*found)->pairs(), place.result);
    if (!pairs) return failure(pairs);
    struct Row {
      std::uint32_t begin, end;
      std::uint64_t duration;
    };
    static_assert(sizeof(Row) == 16);
    const trace::Records& records = (*found)->records();
    return packed_rows(aTHX_(*pairs)->pairs, first, count, [&](const trace::Pair& pair) {
      return Row{pair.begin, pair.end, records.time(pair.end) - records.time(pair.begin)};
    });
  });
  XSRETURN(1);
}

/// _trace_queue_lengths(COLLECTION, LAST...): a hash of number (by which the lengths are known) and count. LAST are,
/// for each buffer, the tasks on each CPU's queue in the end, packed as `q*`, -1 where that is not known.
void xs_queue_lengths(pTHX_ CV* cv) {
  dXSARGS;
  constexpr I32 most = 256;
  require_arguments(aTHX_ items >= 1 && items - 1 <= most, "_trace_queue_lengths(COLLECTION, LAST...)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  Text last[most];
  for (I32 index = 1; index < items; ++index)
    last[index - 1] = text_argument(aTHX_ ST(index));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number);
    if (!found) return failure(found);
    const trace::Records& records = (*found)->records();
    trace::QueueHints hints = trace::queue_hints(records);
    for (I32 index = 0; index < items - 1; ++index) {
      auto& cpus = hints.last.emplace_back();
      for (const std::int64_t length : packed_numbers<std::int64_t>(last[index]))
        cpus.push_back(length < 0 ? std::nullopt : std::optional(length));
    }
    auto lengths = trace::queue_lengths(records, trace::scheduler_events((*found)->formats()), hints,
                                        state.session.cancellation());
    if (!lengths) return failure(std::move(lengths));
    HV* hash = newHV();
    put(aTHX_ hash, "count", newSVuv(lengths->switches.size()));
    put(aTHX_ hash, "number", newSVuv(keep((*found)->queue_lengths(), std::move(*lengths))));
    return reference_to(aTHX_ hash);
  });
  XSRETURN(1);
}

/// _trace_queue_list(COLLECTION, LENGTHS, FIRST, COUNT): so many lengths packed as `(QLLlSS)*`: time, place of the
/// switch, length, PID switched from, CPU, whether the length is exact.
void xs_queue_list(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 4, "_trace_queue_list(COLLECTION, LENGTHS, FIRST, COUNT)");
  State& state = state_of(cv);
  const Place place = place_arguments(aTHX_ ST(0), ST(1));
  const std::uint64_t first = number_argument(aTHX_ ST(2), "length", kMostResults);
  const std::uint64_t count = number_argument(aTHX_ ST(3), "count", kMostResults);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, place.collection);
    if (!found) return failure(found);
    const auto lengths = kept((*found)->queue_lengths(), place.result);
    if (!lengths) return failure(lengths);
    struct Row {
      std::uint64_t time;
      std::uint32_t event, length;
      std::int32_t previous;
      std::uint16_t cpu, is_exact;
    };
    static_assert(sizeof(Row) == 24);
    const trace::Records& records = (*found)->records();
    return packed_rows(aTHX_(*lengths)->switches, first, count, [&](const trace::QueueLength& entry) {
      const trace::Event event = records.event(entry.event);
      return Row{records.time(entry.event),
                 entry.event,
                 entry.length,
                 static_cast<std::int32_t>((*lengths)->previous.in(event.payload)),
                 event.cpu,
                 static_cast<std::uint16_t>(entry.is_exact)};
    });
  });
  XSRETURN(1);
}

/// _trace_drop(COLLECTION, RESULT, IS_QUEUE): lets go of the pairs, or the lengths, of that number.
void xs_drop(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3, "_trace_drop(COLLECTION, RESULT, IS_QUEUE)");
  State& state = state_of(cv);
  const Place place = place_arguments(aTHX_ ST(0), ST(1));
  const bool is_queue = SvTRUE(ST(2));
  if (place.collection < state.collections.size() && state.collections[place.collection]) {
    trace::Collection& held = *state.collections[place.collection];
    is_queue ? held.queue_lengths().erase(place.result) : held.pairs().erase(place.result);
  }
  XSRETURN_EMPTY;
}

}  // namespace

void define_trace_analysis(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_trace_select", xs_select);
  define(aTHX_ state, "Alicia::_trace_first_from", xs_first_from);
  define(aTHX_ state, "Alicia::_trace_density", xs_density);
  define(aTHX_ state, "Alicia::_trace_pairs", xs_pairs);
  define(aTHX_ state, "Alicia::_trace_statistics", xs_statistics);
  define(aTHX_ state, "Alicia::_trace_pair_list", xs_pair_list);
  define(aTHX_ state, "Alicia::_trace_queue_lengths", xs_queue_lengths);
  define(aTHX_ state, "Alicia::_trace_queue_list", xs_queue_list);
  define(aTHX_ state, "Alicia::_trace_drop", xs_drop);
}

}  // namespace alicia::perl

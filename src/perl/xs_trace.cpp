// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trace buffers and their events. What was collected stays in C++; a script has the number of the collection and of an
// event in it. Alicia::Trace makes of them what scripts see.
#include <fmt/format.h>
#include <unistd.h>

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
#include "trace/kernel_trace.hpp"
#include "trace/trace_dat.hpp"

namespace alicia::perl {
namespace {

SV* list_of(pTHX_ const std::vector<std::string>& lines) {
  AV* list = newAV();
  for (const std::string& line : lines)
    av_push(list, new_text(aTHX_ line));
  return reference_to(aTHX_ list);
}

Result<trace::KernelTrace*> opened_trace(State& state) {
  const auto target = engine(state, "a trace");
  if (!target) return failure(target);
  if (!state.trace) {
    auto made = trace::KernelTrace::open(**target, state.session.cancellation());
    if (!made) return failure(std::move(made));
    state.trace = std::move(*made);
  }
  return state.trace.get();
}

Result<trace::Collection*> collection(State& state, std::uint64_t number, std::uint64_t event) {
  auto found = collection(state, number);
  if (found && event >= (*found)->records().size())
    return failure(ErrorCode::bad_argument, fmt::format("no event {}", event));
  return found;
}

/// _trace_problems([COLLECTION]): lines that tell what was lost.
void xs_problems(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items <= 1, "_trace_problems([COLLECTION])");
  State& state = state_of(cv);
  const bool whole = items == 0;
  const std::uint64_t number = whole ? 0 : number_argument(aTHX_ ST(0), "collection", kMostCollections);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    if (whole)
      return opened_trace(state).map([&](trace::KernelTrace* trace) { return list_of(aTHX_ trace->problems()); });
    const auto found = collection(state, number);
    if (!found) return failure(found);
    std::vector<std::string> problems = (*found)->records().problems();
    for (const std::string& event : (*found)->text().not_understood())
      problems.push_back(fmt::format("the wording of {} is not understood: its members are listed instead", event));
    return list_of(aTHX_ problems);
  });
  XSRETURN(1);
}

SV* describe_cpu(pTHX_ const trace::CpuBuffer& cpu, bool is_recording) {
  HV* hash = newHV();
  put(aTHX_ hash, "cpu", newSVuv(cpu.cpu));
  put(aTHX_ hash, "entries", newSVuv(cpu.entries - std::min(cpu.entries, cpu.overrun + cpu.read)));
  put(aTHX_ hash, "overrun", newSVuv(cpu.overrun));
  put(aTHX_ hash, "commit_overrun", newSVuv(cpu.commit_overrun));
  put(aTHX_ hash, "dropped", newSVuv(cpu.dropped));
  put(aTHX_ hash, "read", newSVuv(cpu.read));
  put(aTHX_ hash, "recording", newSVuv(is_recording ? 1 : 0));
  return reference_to(aTHX_ hash);
}

SV* describe_buffer(pTHX_ State& state, const trace::TraceBuffer& buffer) {
  HV* hash = newHV();
  put(aTHX_ hash, "instance", new_text(aTHX_ buffer.instance));
  put(aTHX_ hash, "snapshot", newSVuv(buffer.is_snapshot ? 1 : 0));
  put(aTHX_ hash, "address", new_address(aTHX_ state, buffer.address.value));
  put(aTHX_ hash, "instance_address", new_address(aTHX_ state, buffer.instance_address.value));
  put(aTHX_ hash, "tracer", new_text(aTHX_ buffer.tracer));
  put(aTHX_ hash, "clock", new_text(aTHX_ buffer.clock.name));
  put(aTHX_ hash, "in_ns", newSVuv(buffer.clock.in_nanoseconds ? 1 : 0));
  return reference_to(aTHX_ hash);
}

/// _trace_buffers(): a list of hashes; a buffer's id is its place in it.
void xs_buffers(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "_trace_buffers()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return opened_trace(state).map([&](trace::KernelTrace* trace) {
      AV* list = newAV();
      for (const trace::TraceBuffer& buffer : trace->buffers())
        av_push(list, describe_buffer(aTHX_ state, buffer));
      return reference_to(aTHX_ list);
    });
  });
  XSRETURN(1);
}

/// _trace_counts(BUFFER): a list of hashes, one a CPU.
void xs_counts(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_trace_counts(BUFFER)");
  State& state = state_of(cv);
  const std::uint64_t id = number_argument(aTHX_ ST(0), "buffer", kMostCollections);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto trace = opened_trace(state);
    if (!trace) return failure(trace);
    const auto ring = (*trace)->counts(static_cast<std::size_t>(id), state.session.cancellation());
    if (!ring) return failure(ring);
    AV* list = newAV();
    for (const trace::CpuBuffer& cpu : ring->cpus)
      av_push(list, describe_cpu(aTHX_ cpu, ring->is_recording));
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

/// _trace_formats(): a list of [ID, SYSTEM, NAME], by ID.
void xs_formats(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "_trace_formats()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return opened_trace(state).map([&](trace::KernelTrace* trace) {
      AV* list = newAV();
      for (const auto& [id, event] : trace->formats().by_id) {
        AV* entry = newAV();
        av_push(entry, newSVuv(id));
        av_push(entry, new_text(aTHX_ event.system));
        av_push(entry, new_text(aTHX_ event.name));
        av_push(list, reference_to(aTHX_ entry));
      }
      return reference_to(aTHX_ list);
    });
  });
  XSRETURN(1);
}

/// _trace_format(ID): the event's file `format`.
void xs_format(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_trace_format(ID)");
  State& state = state_of(cv);
  const std::uint64_t id = number_argument(aTHX_ ST(0), "event", 0xffff);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto trace = opened_trace(state);
    if (!trace) return failure(trace);
    const trace::EventFormat* event = (*trace)->formats().find(static_cast<std::uint16_t>(id));
    if (event == nullptr) return failure(ErrorCode::bad_argument, fmt::format("no event {}", id));
    return new_text(aTHX_ trace::format_text((*trace)->formats(), *event));
  });
  XSRETURN(1);
}

/// A line on a terminal that the next one, or the end, wipes out.
class Progress {
 public:
  explicit Progress(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) != 0) {}
  ~Progress() { show(""); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void tell(const trace::Progress& so_far) const {
    show(so_far.events == 0 ? fmt::format("Collecting ... {} MB", so_far.bytes >> 20U)
                            : fmt::format("Collecting ... {} events", so_far.events));
  }

 private:
  void show(std::string_view text) const {
    if (!shown_) return;
    const std::string line = fmt::format("\r\x1b[K{}", text);
    [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
  }
  bool shown_;
};

/// _trace_collect(BUFFERS, QUIET): the number of a new collection of those buffers' events. BUFFERS are their ids as
/// `pack 'L*'` makes them one text. Unless QUIET a terminal is told how far it is.
void xs_collect(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "_trace_collect(BUFFERS, QUIET)");
  State& state = state_of(cv);
  const Text packed = text_argument(aTHX_ ST(0));
  const bool quiet = SvTRUE(ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto trace = opened_trace(state);
    if (!trace) return failure(trace);
    const Progress progress(!quiet);
    auto made = (*trace)->collect(packed_places(packed), state.session.cancellation(),
                                  [&](const trace::Progress& so_far) { progress.tell(so_far); });
    if (!made) return failure(std::move(made));
    return newSVuv(static_cast<UV>(state.keep(std::move(*made))));
  });
  XSRETURN(1);
}

/// _trace_forget(COLLECTION)
void xs_forget(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_trace_forget(COLLECTION)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  if (number < state.collections.size()) state.collections[number].reset();
  XSRETURN_EMPTY;
}

/// _trace_size(COLLECTION): how many events.
void xs_size(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_trace_size(COLLECTION)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return collection(state, number).map([&](trace::Collection* found) { return newSVuv(found->records().size()); });
  });
  XSRETURN(1);
}

SV* field_value(pTHX_ const trace::EventField& field, std::span<const std::byte> record) {
  if (field.is_dynamic() && field.size == 4) {
    const std::uint64_t place = field.in(record);
    std::uint64_t offset = place & 0xffffU;
    if (field.type.starts_with("__rel_loc")) offset += std::uint64_t{field.offset} + 4;
    const std::uint64_t length = place >> 16U & 0xffffU;
    if (!fits(offset, length, record.size())) return newSV(0);
    std::string_view text = as_text(record.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)));
    if (field.type.find("char") != std::string::npos) text = text.substr(0, text.find('\0'));
    return new_text(aTHX_ text);
  }
  if (field.is_array() || field.size > 8 || field.size == 0) {
    if (field.offset > record.size()) return newSV(0);
    const std::size_t length =
        std::min<std::size_t>(field.size == 0 ? record.size() : field.size, record.size() - field.offset);
    std::string_view text = as_text(record.subspan(field.offset, length));
    if (field.type.find("char") != std::string::npos) text = text.substr(0, text.find('\0'));
    return new_text(aTHX_ text);
  }
  const std::uint64_t value = field.in(record);
  return field.is_signed ? newSViv(static_cast<IV>(value)) : newSVuv(value);
}

/// A field of an event's record by name, own or common; undef where it has no such. A field that is text or an array is
/// its bytes.
SV* event_field(pTHX_ trace::Collection& found, std::size_t index, std::string_view name) {
  const trace::EventFormats& formats = found.formats();
  const trace::Event event = found.records().event(index);
  const trace::EventFormat* format = formats.find(event.type);
  const auto shared = std::ranges::find(formats.common, name, &trace::EventField::name);
  const trace::EventField* field = shared != formats.common.end() ? &*shared
                                   : format != nullptr            ? format->field(name)
                                                                  : nullptr;
  return field == nullptr ? newSV(0) : field_value(aTHX_ * field, event.payload);
}

/// _trace_get(COLLECTION, EVENT, WHAT): one thing of an event: time, cpu, type, buffer, address, name, system, comm,
/// text, line, or what _trace_field gives.
Result<SV*> event_thing(pTHX_ State& state, trace::Collection& found, std::size_t event, std::string_view what) {
  const trace::Records& records = found.records();
  if (what == "time") return newSVuv(records.time(event));
  if (what == "cpu") return newSVuv(records.cpu(event));
  if (what == "type") return newSVuv(records.type(event));
  if (what == "buffer") return newSVuv(records.buffer(event));
  if (what == "address") return new_address(aTHX_ state, records.address(event).value);
  if (what == "text") return new_text(aTHX_ found.text().event_text(event));
  if (what == "line") return new_text(aTHX_ found.text().line(event));
  const trace::EventFormats& formats = found.formats();
  const trace::EventFormat* format = formats.find(records.type(event));
  if (what == "name") return new_text(aTHX_ format == nullptr ? std::string_view() : format->name);
  if (what == "system") return new_text(aTHX_ format == nullptr ? std::string_view() : format->system);
  return event_field(aTHX_ found, event, what);
}

void xs_get(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3, "_trace_get(COLLECTION, EVENT, WHAT)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t event = number_argument(aTHX_ ST(1), "event", kMostEvents);
  const Text what = text_argument(aTHX_ ST(2));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number, event);
    if (!found) return failure(found);
    return event_thing(aTHX_ state, **found, static_cast<std::size_t>(event), what.view());
  });
  XSRETURN(1);
}

/// _trace_field(COLLECTION, EVENT, NAME): a field of an event's record, whatever it is called.
void xs_field(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3, "_trace_field(COLLECTION, EVENT, NAME)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t event = number_argument(aTHX_ ST(1), "event", kMostEvents);
  const Text name = text_argument(aTHX_ ST(2));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number, event);
    if (!found) return failure(found);
    return event_field(aTHX_ * *found, static_cast<std::size_t>(event), name.view());
  });
  XSRETURN(1);
}

/// _trace_lines(COLLECTION, FIRST, COUNT): that many events' lines in one text.
void xs_lines(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3, "_trace_lines(COLLECTION, FIRST, COUNT)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t first = number_argument(aTHX_ ST(1), "event", kMostEvents);
  const std::uint64_t count = number_argument(aTHX_ ST(2), "count", kMostEvents);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number);
    if (!found) return failure(found);
    if (first == 0) (*found)->restart_text();
    trace::TraceText& text = (*found)->text();
    const std::size_t size = (*found)->records().size();
    std::string lines;
    for (std::uint64_t event = first; event < size && event - first < count; ++event)
      lines += text.line(static_cast<std::size_t>(event));
    return new_text(aTHX_ lines);
  });
  XSRETURN(1);
}

/// _trace_header(COLLECTION, BUFFER): the lines above a buffer's events.
void xs_header(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "_trace_header(COLLECTION, BUFFER)");
  State& state = state_of(cv);
  const std::uint64_t number = number_argument(aTHX_ ST(0), "collection", kMostCollections);
  const std::uint64_t buffer = number_argument(aTHX_ ST(1), "buffer", kMostCollections);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto found = collection(state, number);
    if (!found) return failure(found);
    if (buffer >= (*found)->records().buffers().size()) return failure(ErrorCode::bad_argument, "no such buffer");
    return new_text(aTHX_(*found)->text().header(static_cast<std::size_t>(buffer)));
  });
  XSRETURN(1);
}

/// _trace_export(BUFFER, FILE): writes the buffer as a trace.dat file.
void xs_export(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "_trace_export(BUFFER, FILE)");
  State& state = state_of(cv);
  const std::uint64_t id = number_argument(aTHX_ ST(0), "buffer", kMostCollections);
  const Text file = text_argument(aTHX_ ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto trace = opened_trace(state);
    if (!trace) return failure(trace);
    const Cancellation& cancellation = state.session.cancellation();
    const auto loaded = (*trace)->load(static_cast<std::size_t>(id), cancellation);
    if (!loaded) return failure(loaded);
    const auto written = trace::write_trace_dat(std::string(file.view()), *state.session.target(), (*trace)->formats(),
                                                (*trace)->commands(), *loaded, cancellation);
    if (!written) return failure(written);
    return list_of(aTHX_ loaded->ring.problems);
  });
  XSRETURN(1);
}

/// _trace_fields(ID): the names of an event's own fields.
void xs_fields(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_trace_fields(ID)");
  State& state = state_of(cv);
  const std::uint64_t id = number_argument(aTHX_ ST(0), "event", 0xffff);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto trace = opened_trace(state);
    if (!trace) return failure(trace);
    AV* list = newAV();
    if (const trace::EventFormat* event = (*trace)->formats().find(static_cast<std::uint16_t>(id))) {
      for (const trace::EventField& field : event->fields)
        av_push(list, new_text(aTHX_ field.name));
    }
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

}  // namespace

void define_trace(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_trace_problems", xs_problems);
  define(aTHX_ state, "Alicia::_trace_buffers", xs_buffers);
  define(aTHX_ state, "Alicia::_trace_counts", xs_counts);
  define(aTHX_ state, "Alicia::_trace_formats", xs_formats);
  define(aTHX_ state, "Alicia::_trace_format", xs_format);
  define(aTHX_ state, "Alicia::_trace_collect", xs_collect);
  define(aTHX_ state, "Alicia::_trace_forget", xs_forget);
  define(aTHX_ state, "Alicia::_trace_size", xs_size);
  define(aTHX_ state, "Alicia::_trace_get", xs_get);
  define(aTHX_ state, "Alicia::_trace_field", xs_field);
  define(aTHX_ state, "Alicia::_trace_lines", xs_lines);
  define(aTHX_ state, "Alicia::_trace_header", xs_header);
  define(aTHX_ state, "Alicia::_trace_export", xs_export);
  define(aTHX_ state, "Alicia::_trace_fields", xs_fields);
  define_trace_analysis(aTHX_ state);
}

}  // namespace alicia::perl

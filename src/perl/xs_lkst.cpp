// SPDX-License-Identifier: GPL-3.0-or-later
//
// LKST's buffers. Their records become a collection of events as those of the kernel's own traces do (xs_trace.cpp),
// and are asked for there.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "perl/build.hpp"
#include "trace/lkst_table.hpp"

namespace alicia::perl {
namespace {

Result<trace::LkstTrace*> opened_lkst(State& state) {
  const auto target = engine(state, "LKST");
  if (!target) return failure(target);
  if (!state.lkst) {
    auto made = trace::LkstTrace::open(**target, state.session.cancellation());
    if (!made) return failure(std::move(made));
    state.lkst = std::move(*made);
  }
  return state.lkst.get();
}

SV* describe_ring(pTHX_ const trace::lkst::Ring& ring) {
  HV* hash = newHV();
  put(aTHX_ hash, "cpu", newSVuv(ring.cpu));
  put(aTHX_ hash, "capacity", newSVuv(ring.capacity));
  put(aTHX_ hash, "written", newSVuv(ring.position));
  return reference_to(aTHX_ hash);
}

SV* describe_buffer(pTHX_ State& state, const trace::lkst::Buffer& buffer) {
  AV* rings = newAV();
  for (const trace::lkst::Ring& ring : buffer.rings)
    av_push(rings, describe_ring(aTHX_ ring));
  HV* hash = newHV();
  put(aTHX_ hash, "id", newSVuv(buffer.id));
  put(aTHX_ hash, "address", new_address(aTHX_ state, buffer.address.value));
  put(aTHX_ hash, "active", newSVuv(buffer.is_active ? 1 : 0));
  put(aTHX_ hash, "clock", new_text(aTHX_ buffer.clock.name));
  put(aTHX_ hash, "in_ns", newSVuv(buffer.clock.in_nanoseconds ? 1 : 0));
  put(aTHX_ hash, "cpus", reference_to(aTHX_ rings));
  return reference_to(aTHX_ hash);
}

/// _lkst_buffers(): a list of hashes, in the order in which the buffers were made.
void xs_lkst_buffers(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "_lkst_buffers()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return opened_lkst(state).map([&](trace::LkstTrace* trace) {
      AV* list = newAV();
      for (const trace::lkst::Buffer& buffer : trace->buffers())
        av_push(list, describe_buffer(aTHX_ state, buffer));
      return reference_to(aTHX_ list);
    });
  });
  XSRETURN(1);
}

/// _lkst_problems(): lines that tell what was lost of the buffers themselves.
void xs_lkst_problems(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "_lkst_problems()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return opened_lkst(state).map([&](trace::LkstTrace* trace) {
      AV* list = newAV();
      for (const std::string& line : trace->problems())
        av_push(list, new_text(aTHX_ line));
      return reference_to(aTHX_ list);
    });
  });
  XSRETURN(1);
}

/// _lkst_events(): what can be recorded, a list of hashes: id, name (LKST's), mnemonic, arguments (a list), and system
/// and event, the kernel's own names for the like.
void xs_lkst_events(pTHX_ [[maybe_unused]] CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "_lkst_events()");
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    AV* list = newAV();
    for (const trace::lkst::Definition& definition : trace::lkst::definitions()) {
      AV* arguments = newAV();
      for (const std::string_view argument : definition.arguments)
        av_push(arguments, new_text(aTHX_ argument));
      HV* hash = newHV();
      put(aTHX_ hash, "id", newSVuv(definition.id));
      put(aTHX_ hash, "name", new_text(aTHX_ definition.name));
      put(aTHX_ hash, "mnemonic", new_text(aTHX_ definition.mnemonic));
      put(aTHX_ hash, "system", new_text(aTHX_ definition.system));
      put(aTHX_ hash, "event", new_text(aTHX_ definition.event));
      put(aTHX_ hash, "arguments", reference_to(aTHX_ arguments));
      av_push(list, reference_to(aTHX_ hash));
    }
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

/// _lkst_collect(PLACES): the number of a new collection of the records of these buffers, whose places in
/// _lkst_buffers() `pack 'L*'` made one text.
void xs_lkst_collect(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_lkst_collect(PLACES)");
  State& state = state_of(cv);
  const Text packed = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto trace = opened_lkst(state);
    if (!trace) return failure(trace);
    auto made = (*trace)->collect(packed_places(packed), state.session.cancellation());
    if (!made) return failure(std::move(made));
    return newSVuv(static_cast<UV>(state.keep(std::move(*made))));
  });
  XSRETURN(1);
}

}  // namespace

void define_lkst(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_lkst_buffers", xs_lkst_buffers);
  define(aTHX_ state, "Alicia::_lkst_problems", xs_lkst_problems);
  define(aTHX_ state, "Alicia::_lkst_events", xs_lkst_events);
  define(aTHX_ state, "Alicia::_lkst_collect", xs_lkst_collect);
}

}  // namespace alicia::perl

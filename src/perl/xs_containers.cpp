// SPDX-License-Identifier: GPL-3.0-or-later
//
// The kernel's containers as lists. Each call gives what was reached and what ended the walk early; the Perl side warns
// of the latter and hands on the former.
#include "types/containers.hpp"

#include <fmt/format.h>

#include <string_view>

#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

/// Where the node of a container lies within its entries, and of what type the entries and the node are.
struct NodePlace {
  types::TypeRef entry;
  types::TypeRef node;
  std::uint64_t offset = 0;
};

Result<NodePlace> node_place(State& state, std::string_view type, std::string_view member) {
  const Result<types::TypeRef> entry = state.calls.type(type);
  if (!entry) return failure(entry);
  const Result<types::Place> place = state.calls.offset(*entry, member);
  if (!place) return failure(place);
  return NodePlace{*entry, place->type, place->address.value};
}

Result<types::Walk<VirtualAddress>> walk(State& state, std::string_view kind, VirtualAddress head,
                                         const NodePlace& node) {
  const MemoryReader& memory = state.calls.memory();
  const types::TypeSystem& types = state.calls.types();
  types::WalkLimits limits;
  limits.cancellation = &state.session.cancellation();
  if (kind == "list") return types::walk_list(memory, types, head, node.offset, limits);
  if (kind == "llist") return types::walk_llist(memory, types, head, node.offset, limits);
  if (kind == "rbtree") return types::walk_rbtree(memory, types, head, node.offset, limits);
  if (kind == "hlist") {
    return types::walk_hlist(memory, types, head, node.offset, types::hlist_kind(types, node.node), limits);
  }
  return failure(ErrorCode::bad_argument, fmt::format("no container of kind `{}`", kind));
}

Result<types::Walk<types::Slot>> walk_slots(State& state, std::string_view kind, VirtualAddress at) {
  const MemoryReader& memory = state.calls.memory();
  const types::TypeSystem& types = state.calls.types();
  types::WalkLimits limits;
  limits.cancellation = &state.session.cancellation();
  if (kind == "xarray") return types::walk_xarray(memory, types, at, limits);
  if (kind == "idr") return types::walk_idr(memory, types, at, limits);
  if (kind == "maple") return types::walk_maple_tree(memory, types, at, limits);
  return failure(ErrorCode::bad_argument, fmt::format("no container of kind `{}`", kind));
}

/// An interruption ends the script; anything else that broke a walk is told beside what was reached.
template <class Entry>
Result<void> note_problem(pTHX_ const types::Walk<Entry>& walk, SV* problem) {
  if (!walk.broken) return {};
  if (walk.broken->code == ErrorCode::interrupted) return tl::unexpected<Error>(*walk.broken);
  sv_setsv(problem, error_object(aTHX_ * walk.broken));
  return {};
}

/// _walk(KIND, HEAD, TYPE, MEMBER): a reference to the entries as objects, and an Alicia::Error or undef.
void xs_walk(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 4, "KIND_entries(HEAD, STRUCT, MEMBER)");
  State& state = state_of(cv);
  const Text kind = text_argument(aTHX_ ST(0));
  const std::uint64_t head = address_argument(aTHX_ state, ST(1));
  const Text type = text_argument(aTHX_ ST(2));
  const Text member = text_argument(aTHX_ ST(3));
  SV* problem = sv_newmortal();
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<NodePlace> node = node_place(state, type.view(), member.view());
    if (!node) return failure(node);
    const auto walked = walk(state, kind.view(), VirtualAddress{head}, *node);
    if (!walked) return failure(walked);
    const Result<void> noted = note_problem(aTHX_ * walked, problem);
    if (!noted) return failure(noted);
    AV* list = newAV();
    for (const VirtualAddress address : walked->entries) {
      av_push(list, new_object(aTHX_ types::Object{address, node->entry}));
    }
    return newRV_noinc(reinterpret_cast<SV*>(list));
  });
  ST(1) = problem;
  XSRETURN(2);
}

SV* new_slot(pTHX_ State& state, const types::Slot& slot, bool range) {
  AV* fields = newAV();
  av_push(fields, newSVuv(slot.first));
  if (range) av_push(fields, newSVuv(slot.last));
  av_push(fields, slot.is_value ? newSVuv(slot.entry) : new_address(aTHX_ state, slot.entry));
  return newRV_noinc(reinterpret_cast<SV*>(fields));
}

/// _slots(KIND, ADDRESS): a reference to arrays of index (for maple trees: first and last index) and entry, and an
/// Alicia::Error or undef.
void xs_slots(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "KIND_entries(ADDRESS [, TYPE])");
  State& state = state_of(cv);
  const Text kind = text_argument(aTHX_ ST(0));
  const std::uint64_t address = address_argument(aTHX_ state, ST(1));
  SV* problem = sv_newmortal();
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto walked = walk_slots(state, kind.view(), VirtualAddress{address});
    if (!walked) return failure(walked);
    const Result<void> noted = note_problem(aTHX_ * walked, problem);
    if (!noted) return failure(noted);
    AV* list = newAV();
    for (const types::Slot& slot : walked->entries) {
      av_push(list, new_slot(aTHX_ state, slot, kind.view() == "maple"));
    }
    return newRV_noinc(reinterpret_cast<SV*>(list));
  });
  ST(1) = problem;
  XSRETURN(2);
}

}  // namespace

void define_containers(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_walk", xs_walk);
  define(aTHX_ state, "Alicia::_slots", xs_slots);
}

}  // namespace alicia::perl

// SPDX-License-Identifier: GPL-3.0-or-later
//
// The calls about types: sizeof, offsetof, has_type, has_member, type_of.
#include <fmt/format.h>

#include <string_view>

#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

/// The type that an argument names, or that a typed object has.
Result<types::TypeRef> type_named(State& state, const types::Object* object, Text name) {
  if (object != nullptr) return object->type;
  return state.calls.type(name.view());
}

void xs_sizeof(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "sizeof(TYPE)");
  State& state = state_of(cv);
  const types::Object* object = object_behind(aTHX_ ST(0));
  const Text name = object != nullptr ? Text{"", 0} : text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return type_named(state, object, name)
        .and_then([&](types::TypeRef type) { return state.calls.types().size_of(type); })
        .map([&](std::uint64_t size) { return newSVuv(size); });
  });
  XSRETURN(1);
}

void xs_offsetof(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "offsetof(STRUCT, MEMBER)");
  State& state = state_of(cv);
  const Text structure = text_argument(aTHX_ ST(0));
  const Text member = text_argument(aTHX_ ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<types::TypeRef> type = state.calls.type(structure.view());
    if (!type) return failure(type);
    const Result<types::Place> place = state.calls.offset(*type, member.view());
    if (!place) return failure(place);
    if (place->bitfield_bits != 0) {
      return failure(ErrorCode::type_mismatch, fmt::format("`{}` is a bit-field and has no offset", member.view()));
    }
    return newSVuv(place->address.value);
  });
  XSRETURN(1);
}

void xs_has_type(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "has_type(TYPE)");
  State& state = state_of(cv);
  const Text name = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<types::TypeRef> type = state.calls.type(name.view());
    if (!type && type.error().code != ErrorCode::no_such_type) return failure(type);
    return newSVsv(boolSV(type.has_value()));
  });
  XSRETURN(1);
}

void xs_has_member(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "has_member(STRUCT, MEMBER)");
  State& state = state_of(cv);
  const types::Object* object = object_behind(aTHX_ ST(0));
  const Text name = object != nullptr ? Text{"", 0} : text_argument(aTHX_ ST(0));
  const Text member = text_argument(aTHX_ ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<types::TypeRef> type = type_named(state, object, name);
    if (!type && type.error().code != ErrorCode::no_such_type) return failure(type);
    return newSVsv(boolSV(type && state.calls.has_member(*type, member.view())));
  });
  XSRETURN(1);
}

void xs_type_of(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "type_of(SYMBOL or OBJECT)");
  State& state = state_of(cv);
  const types::Object* object = object_behind(aTHX_ ST(0));
  const Text name = object != nullptr ? Text{"", 0} : text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<types::TypeRef> type =
        object != nullptr ? object->type : engine(state, "type_of a symbol").and_then([&](target::Target* target) {
          return target->type_of_symbol(name.view());
        });
    return type.map([&](types::TypeRef found) {
      const std::string spelled = state.calls.types().spell(found);
      return newSVpvn(spelled.data(), spelled.size());
    });
  });
  XSRETURN(1);
}

}  // namespace

void define_types(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::sizeof", xs_sizeof);
  define(aTHX_ state, "Alicia::offsetof", xs_offsetof);
  define(aTHX_ state, "Alicia::has_type", xs_has_type);
  define(aTHX_ state, "Alicia::has_member", xs_has_member);
  define(aTHX_ state, "Alicia::type_of", xs_type_of);
}

}  // namespace alicia::perl

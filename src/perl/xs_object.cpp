// SPDX-License-Identifier: GPL-3.0-or-later
//
// Typed objects: what is at an address, and as which type. A reference blessed into Alicia::Object to an empty scalar;
// address and type lie in magic attached to it, so that no script can make an object whose type never was.
//
// Members are methods. AUTOLOAD answers the first call of a name and leaves an XSUB of that name behind, so that later
// calls are found in perl's method cache; whether an object has the member is asked each time, of its type.
#include <cstring>
#include <string_view>

#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

const MGVTBL kObjectMagic{};

const types::Object& object_argument(pTHX_ SV* reference) {
  const types::Object* object = object_behind(aTHX_ reference);
  if (object == nullptr) die_with(aTHX_ ErrorCode::bad_argument, "not a typed object");
  return *object;
}

SV* member_of(pTHX_ State& state, const types::Object& object, std::string_view path) {
  return guarded(aTHX_[&]()->Result<SV*> {
    if (object.address.value == 0) {
      return failure(ErrorCode::bad_address,
                     "null pointer: a null " + state.calls.types().spell(object.type) + " has no members",
                     std::uint64_t{0});
    }
    return state.calls.member(object, path).map([&](const types::Value& value) {
      return new_value(aTHX_ state, value);
    });
  });
}

/// The method that AUTOLOAD leaves behind: its name is the member's.
void xs_member_method(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "a member takes no arguments");
  const types::Object& object = object_argument(aTHX_ ST(0));
  const GV* gv = CvGV(cv);
  ST(0) = member_of(aTHX_ state_of(cv), object, {GvNAME(gv), static_cast<std::size_t>(GvNAMELEN(gv))});
  XSRETURN(1);
}

void xs_autoload(pTHX_ CV* cv) {
  dXSARGS;
  State& state = state_of(cv);
  // Perl leaves an autoloaded XSUB's name in the CV itself.
  const std::string_view name(SvPVX(reinterpret_cast<SV*>(cv)), SvCUR(reinterpret_cast<SV*>(cv)));
  if (items < 1 || object_behind(aTHX_ ST(0)) == nullptr) {
    die_with(aTHX_ ErrorCode::bad_argument, "no sub `%.*s` in Alicia::Object", static_cast<int>(name.size()),
             name.data());
  }
  require_arguments(aTHX_ items == 1, "a member takes no arguments");
  SV* value = member_of(aTHX_ state, object_argument(aTHX_ ST(0)), name);
  SV* full = sv_2mortal(newSVpvf("Alicia::Object::%.*s", static_cast<int>(name.size()), name.data()));
  define(aTHX_ state, SvPVX(full), xs_member_method);
  ST(0) = value;
  XSRETURN(1);
}

void xs_member(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "$object->member(PATH)");
  const types::Object& object = object_argument(aTHX_ ST(0));
  const Text path = text_argument(aTHX_ ST(1));
  ST(0) = member_of(aTHX_ state_of(cv), object, path.view());
  XSRETURN(1);
}

/// object(TYPE, ADDRESS)
void xs_object(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "object(TYPE, ADDRESS)");
  State& state = state_of(cv);
  const Text type = text_argument(aTHX_ ST(0));
  const std::uint64_t address = address_argument(aTHX_ state, ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.type(type.view()).map([&](types::TypeRef found) {
      return new_object(aTHX_ types::Object{VirtualAddress{address}, found});
    });
  });
  XSRETURN(1);
}

void xs_address(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items >= 1, "$object->address");
  const types::Object& object = object_argument(aTHX_ ST(0));
  ST(0) = sv_2mortal(new_address(aTHX_ state_of(cv), object.address.value));
  XSRETURN(1);
}

void xs_number(pTHX_ CV*) {
  dXSARGS;
  require_arguments(aTHX_ items >= 1, "$object->address");
  ST(0) = sv_2mortal(newSVuv(object_argument(aTHX_ ST(0)).address.value));
  XSRETURN(1);
}

void xs_true(pTHX_ CV*) {
  dXSARGS;
  require_arguments(aTHX_ items >= 1, "$object->address");
  ST(0) = boolSV(object_argument(aTHX_ ST(0)).address.value != 0);
  XSRETURN(1);
}

void xs_at(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "$object->at(INDEX)");
  State& state = state_of(cv);
  const types::Object& object = object_argument(aTHX_ ST(0));
  const std::int64_t index = SvIV(ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.element(object, index).map([&](const types::Value& value) {
      return new_value(aTHX_ state, value);
    });
  });
  XSRETURN(1);
}

void xs_elements(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items >= 1, "$object->elements");
  State& state = state_of(cv);
  const types::Object& object = object_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> { return newSVuv(state.calls.element_count(object)); });
  XSRETURN(1);
}

/// A reference to an array of names.
void xs_member_names(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "$object->member_names");
  State& state = state_of(cv);
  const types::Object& object = object_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    AV* list = newAV();
    for (const std::string& name : state.calls.member_names(object.type)) {
      av_push(list, newSVpvn(name.data(), name.size()));
    }
    return newRV_noinc(reinterpret_cast<SV*>(list));
  });
  XSRETURN(1);
}

}  // namespace

SV* new_object(pTHX_ const types::Object& object) {
  SV* referent = newSV_type(SVt_PVMG);
  static_assert(std::is_trivially_copyable_v<types::Object>);
  sv_magicext(referent, nullptr, PERL_MAGIC_ext, &kObjectMagic, reinterpret_cast<const char*>(&object), sizeof object);
  SV* reference = sv_bless(newRV_noinc(referent), gv_stashpvs("Alicia::Object", GV_ADD));
  SvREADONLY_on(referent);
  return reference;
}

const types::Object* object_behind(pTHX_ SV* reference) {
  if (!SvROK(reference) || SvTYPE(SvRV(reference)) != SVt_PVMG) return nullptr;
  const MAGIC* magic = mg_findext(SvRV(reference), PERL_MAGIC_ext, &kObjectMagic);
  return magic != nullptr ? reinterpret_cast<const types::Object*>(magic->mg_ptr) : nullptr;
}

void define_objects(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::object", xs_object);
  define(aTHX_ state, "Alicia::Object::AUTOLOAD", xs_autoload);
  define(aTHX_ state, "Alicia::Object::member", xs_member);
  define(aTHX_ state, "Alicia::Object::address", xs_address);
  define(aTHX_ state, "Alicia::Object::at", xs_at);
  define(aTHX_ state, "Alicia::Object::elements", xs_elements);
  define(aTHX_ state, "Alicia::Object::_member_names", xs_member_names);
  define(aTHX_ state, "Alicia::Object::_number", xs_number);
  define(aTHX_ state, "Alicia::Object::_true", xs_true);
}

}  // namespace alicia::perl

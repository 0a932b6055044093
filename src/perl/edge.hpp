// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What XSUBs have in common. Include after every C++ header: it brings perl.h in.

#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "perl/state.hpp"
#include "types/value.hpp"
//
#include "perl/perl_headers.hpp"

namespace alicia::perl {

/// The state behind an XSUB of ours.
inline State& state_of(CV* cv) {
  return *static_cast<State*>(CvXSUBANY(cv).any_ptr);
}
/// The state behind an interpreter: for hooks that are given nothing else.
State& state_of(pTHX);

/// Text of an argument; valid as long as the SV is not changed. Perl may die, as it does of undef.
struct Text {
  const char* bytes;
  STRLEN length;
  std::string_view view() const { return {bytes, length}; }
};
Text text_argument(pTHX_ SV* argument);

/// An address by the rules of the API (references through `address`, strings hexadecimal, integers as they are; floats,
/// undef, empty and negative die). Perl may die.
std::uint64_t address_argument(pTHX_ State& state, SV* argument);
/// A decimal number within [0, most]. Perl may die.
std::uint64_t number_argument(pTHX_ SV* argument, const char* what, std::uint64_t most);

/// Dies with an Alicia::Error; the message is perl's printf.
[[noreturn]] void die_with(pTHX_ ErrorCode code, const char* format, ...)
    __attribute__((format(printf, pTHX_2, pTHX_3)));

/// A mortal Alicia::Error: where the script called stands in it.
SV* error_object(pTHX_ const Error& error);

/// A dualvar: `0x` and `digits` hexadecimal digits as text, the number as a number.
SV* new_hexadecimal(pTHX_ std::uint64_t number, unsigned digits);
inline SV* new_address(pTHX_ State& state, std::uint64_t address) {
  return new_hexadecimal(aTHX_ address, state.calls.pointer_bytes() * 2);
}
/// A value as Perl has it; not mortal.
SV* new_value(pTHX_ State& state, const types::Value& value);

/// A typed object: a reference blessed into Alicia::Object whose identity lies in magic, out of a script's reach.
SV* new_object(pTHX_ const types::Object& object);
/// The object behind a reference; nullptr where it is none of ours.
const types::Object* object_behind(pTHX_ SV* reference);

/// Ends Perl where a stop is asked for: dies, again and again, until the outermost entry is back.
void stop_if_requested(pTHX_ State& state);

/// Runs C++ that gives an SV (not mortal) or fails; dies with the failure once nothing of C++ is alive. The body itself
/// must not make perl die.
template <class Body>
SV* guarded(pTHX_ Body&& body) {
  SV* value = nullptr;
  SV* error = nullptr;
  try {
    Result<SV*> result = body();
    if (result) {
      value = *result;
    } else {
      error = error_object(aTHX_ result.error());
    }
  } catch (const std::exception& exception) {
    error = error_object(aTHX_ Error{ErrorCode::internal, exception.what(), std::nullopt});
  }
  if (error != nullptr) {
    stop_if_requested(aTHX_ state_of(aTHX));
    croak_sv(error);
  }
  return sv_2mortal(value);
}

/// The engine, which alone answers `what`. Error: no dump is open, or a debugger answers.
Result<target::Target*> engine(State& state, std::string_view what);

/// Dies where an XSUB was given the wrong number of arguments.
inline void require_arguments(pTHX_ bool right, const char* usage) {
  if (!right) die_with(aTHX_ ErrorCode::bad_argument, "usage: %s", usage);
}

/// Defines an XSUB of ours.
CV* define(pTHX_ State& state, const char* name, XSUBADDR_t body, const char* prototype = nullptr);

void define_core(pTHX_ State& state);
void define_text(pTHX_ State& state);
void define_salvage(pTHX_ State& state);
void define_types(pTHX_ State& state);
void define_symbols(pTHX_ State& state);
void define_objects(pTHX_ State& state);
void define_containers(pTHX_ State& state);
void define_host(pTHX_ State& state);
void define_stacks(pTHX_ State& state);
void define_trace(pTHX_ State& state);
void define_lkst(pTHX_ State& state);
void define_trace_analysis(pTHX_ State& state);

}  // namespace alicia::perl

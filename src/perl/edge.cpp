// SPDX-License-Identifier: GPL-3.0-or-later
#include "perl/edge.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace alicia::perl {
namespace {

constexpr unsigned kMaxReferences = 8;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// False where the text is no address of at most `most_digits` digits.
bool parse_hexadecimal(std::string_view text, unsigned most_digits, std::uint64_t& number) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.empty() || text.size() > most_digits) return false;
  number = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0) return false;
    number = number << 4 | static_cast<unsigned>(digit);
  }
  return true;
}

/// What a reference's `address` method answers. Perl may die.
SV* ask_address(pTHX_ SV* reference) {
  if (!sv_isobject(reference) || gv_fetchmethod_autoload(SvSTASH(SvRV(reference)), "address", FALSE) == nullptr) {
    die_with(aTHX_ ErrorCode::bad_address, "not an address: a reference without an address method");
  }
  dSP;
  PUSHMARK(SP);
  XPUSHs(reference);
  PUTBACK;
  call_method("address", G_SCALAR);
  SPAGAIN;
  SV* answer = POPs;
  PUTBACK;
  return answer;
}

/// The innermost Perl code outside Alicia's own modules: whose file and line an error names.
const COP* calling_statement(pTHX) {
  const COP* statement = PL_curcop;
  for (I32 level = 0;; ++level) {
    const char* package = CopSTASHPV(statement);
    const bool own = package != nullptr &&
                     (std::strcmp(package, "Alicia") == 0 || (std::strncmp(package, "Alicia::", 8) == 0 &&
                                                              std::strncmp(package, "Alicia::Command::", 17) != 0));
    if (!own) return statement;
    const PERL_CONTEXT* frame = caller_cx(level, nullptr);
    if (frame == nullptr) return statement;
    statement = frame->blk_oldcop;
  }
}

}  // namespace

State& state_of(pTHX) {
  SV** slot = hv_fetchs(PL_modglobal, "Alicia::State", FALSE);
  return *INT2PTR(State*, SvIVX(*slot));
}

Text text_argument(pTHX_ SV* argument) {
  SvGETMAGIC(argument);
  if (!SvOK(argument)) die_with(aTHX_ ErrorCode::bad_argument, "an argument is undefined");
  Text text{};
  text.bytes = SvPV_nomg(argument, text.length);
  return text;
}

std::uint64_t address_argument(pTHX_ State& state, SV* argument) {
  for (unsigned depth = 0;; ++depth) {
    if (depth > 0 || SvGMAGICAL(argument)) SvGETMAGIC(argument);
    if (!SvROK(argument)) break;
    if (const types::Object* object = object_behind(aTHX_ argument)) return object->address.value;
    if (depth == kMaxReferences) {
      die_with(aTHX_ ErrorCode::bad_address, "not an address: address methods that answer with references");
    }
    argument = ask_address(aTHX_ argument);
  }
  // Public flags tell what the script wrote: a number printed once stays a number, a string computed with a string.
  if (SvPOK(argument)) {
    const std::string_view text(SvPVX(argument), SvCUR(argument));
    std::uint64_t number = 0;
    if (!parse_hexadecimal(text, state.calls.pointer_bytes() * 2, number)) {
      die_with(aTHX_ ErrorCode::bad_address, "not an address: %s",
               text.empty() ? "an empty string"
                            : pv_pretty(sv_newmortal(), text.data(), text.size(), 40, nullptr, nullptr,
                                        PERL_PV_PRETTY_QUOTE | PERL_PV_PRETTY_ELLIPSES));
    }
    return number;
  }
  if (SvIOK(argument)) {
    if (SvIsUV(argument)) return SvUVX(argument);
    if (SvIVX(argument) < 0) {
      die_with(aTHX_ ErrorCode::bad_address, "not an address: %" IVdf " is negative", SvIVX(argument));
    }
    return static_cast<std::uint64_t>(SvIVX(argument));
  }
  if (SvNOK(argument)) {
    die_with(aTHX_ ErrorCode::bad_address, "not an address: %" NVgf " is no integer", SvNVX(argument));
  }
  die_with(aTHX_ ErrorCode::bad_address, "not an address: %s", SvOK(argument) ? "neither text nor number" : "undef");
}

std::uint64_t number_argument(pTHX_ SV* argument, const char* what, std::uint64_t most) {
  SvGETMAGIC(argument);
  if (SvOK(argument) && !SvROK(argument) && looks_like_number(argument)) {
    const NV number = SvNV_nomg(argument);
    if (number >= 0 && number <= static_cast<NV>(most) && number == static_cast<NV>(SvUV_nomg(argument))) {
      return SvUV_nomg(argument);
    }
  }
  die_with(aTHX_ ErrorCode::bad_argument, "%s has to be a whole number from 0 to %" UVuf "%s", what,
           static_cast<UV>(most), SvOK(argument) ? "" : ", and is undef");
}

void die_with(pTHX_ ErrorCode code, const char* format, ...) {
  SV* message = sv_newmortal();
  va_list arguments;
  va_start(arguments, format);
  sv_vsetpvf(message, format, &arguments);
  va_end(arguments);
  SV* object = error_object(aTHX_ Error{code, std::string(SvPVX(message), SvCUR(message)), std::nullopt});
  croak_sv(object);
}

SV* error_object(pTHX_ const Error& error) {
  HV* fields = newHV();
  const std::string_view code = error_code_name(error.code);
  (void)hv_stores(fields, "code", newSVpvn(code.data(), code.size()));
  (void)hv_stores(fields, "message", newSVpvn(error.message.data(), error.message.size()));
  if (error.address) {
    (void)hv_stores(fields, "address", new_address(aTHX_ state_of(aTHX), *error.address));
  }
  const COP* statement = calling_statement(aTHX);
  const char* file = CopFILE(statement);
  (void)hv_stores(fields, "file", newSVpv(file != nullptr ? file : "", 0));
  (void)hv_stores(fields, "line", newSVuv(CopLINE(statement)));
  SV* reference = sv_2mortal(newRV_noinc(reinterpret_cast<SV*>(fields)));
  return sv_bless(reference, gv_stashpvs("Alicia::Error", GV_ADD));
}

SV* new_hexadecimal(pTHX_ std::uint64_t number, unsigned digits) {
  std::array<char, 18> text{'0', 'x'};
  std::uint64_t rest = number;
  for (unsigned at = digits + 1; at > 1; --at) {
    text[at] = "0123456789abcdef"[rest & 15];
    rest >>= 4;
  }
  SV* sv = newSV_type(SVt_PVIV);
  sv_setpvn(sv, text.data(), digits + 2);
  SvUV_set(sv, number);
  SvIOK_on(sv);
  if (number > static_cast<std::uint64_t>(IV_MAX)) SvIsUV_on(sv);
  return sv;
}

SV* new_value(pTHX_ State& state, const types::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return newSViv(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return newSVuv(*number);
  if (const auto* address = std::get_if<VirtualAddress>(&value)) return new_address(aTHX_ state, address->value);
  if (const auto* text = std::get_if<std::string>(&value)) return newSVpvn(text->data(), text->size());
  if (const auto* object = std::get_if<types::Object>(&value)) return new_object(aTHX_ * object);
  if (const auto* number = std::get_if<double>(&value)) return newSVnv(*number);
  return newSV(0);
}

void stop_if_requested(pTHX_ State& state) {
  if (!state.stop_requested() || state.shield > 0) return;
  // DESTROY runs while a stop unwinds: let it finish, unless it runs for ever.
  if ((PL_in_eval & EVAL_KEEPERR) != 0 && ++state.cleanup_ops < 10'000'000) return;
  // Text and no object: perl, compiling a `use` that died, asks what it died of for its text outside of any eval. An
  // object would answer by code, in which we would die again, and perl 5.36 then jumps for ever to where it stands.
  SV* error = sv_2mortal(newSVpvs("interrupted\n"));
  Perl_die_unwind(aTHX_ error);  // past $SIG{__DIE__}: nothing of the script runs any more
}

Result<target::Target*> engine(State& state, std::string_view what) {
  if (state.session.api_is_native()) return state.session.target();
  if (state.session.debugger() == nullptr) return failure(ErrorCode::not_supported, "no dump is open");
  return failure(ErrorCode::not_supported, std::string(what) + " needs the engine, and a debugger answers here");
}

CV* define(pTHX_ State& state, const char* name, XSUBADDR_t body, const char* prototype) {
  CV* cv = newXS_flags(name, body, "alicia", prototype, 0);
  CvXSUBANY(cv).any_ptr = &state;
  return cv;
}

}  // namespace alicia::perl

// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Perl asks of the program around it: the debugger, the shipped commands, the end of a script.
#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

#include "perl/edge.hpp"
#include "perl/hooks.hpp"
#include "perl/output_layer.hpp"

namespace alicia::perl {
namespace {

constexpr std::size_t kMaxDebuggerLine = 1498;  // more, and crash takes it for several

/// The first statement of every prompt line.
void xs_began(pTHX_ CV* cv) {
  dXSARGS;
  PERL_UNUSED_VAR(items);
  State& state = state_of(cv);
  state.began = true;
  release_warnings(aTHX_ state, true);
  XSRETURN_EMPTY;
}

/// exit: ends the script, in a forked child the process.
void xs_exit(pTHX_ CV* cv) {
  dXSARGS;
  State& state = state_of(cv);
  const int status = items > 0 ? static_cast<int>(SvIV(ST(0))) : 0;
  state.exit_status = status & 0xff;
  if (getpid() != state.process) {
    flush_output(state);
    PerlIO_flush(nullptr);
    _exit(state.exit_status);
  }
  if (state.stop == Stop::none) state.stop = Stop::exit;
  stop_if_requested(aTHX_ state);
  XSRETURN_EMPTY;
}

/// _debugger(LINE): what the debugger prints; undef where there is no debugger.
void xs_debugger(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "pass_through(COMMAND)");
  State& state = state_of(cv);
  const Text line = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    if (line.view().find('\n') != std::string_view::npos) {
      return failure(ErrorCode::bad_argument, "pass_through takes one line, and this command has a newline in it");
    }
    if (line.length > kMaxDebuggerLine) {
      return failure(
          ErrorCode::bad_argument,
          fmt::format("the command of pass_through has {} bytes, and {} is the most", line.length, kMaxDebuggerLine));
    }
    debugger::Debugger* debugger = state.session.debugger();
    if (debugger == nullptr) return newSV(0);
    StringOutput output;
    return debugger->run(line.view(), output).map([&] { return newSVpvn(output.text().data(), output.text().size()); });
  });
  XSRETURN(1);
}

/// _shipped(NAME): the file of a shipped command, or undef.
void xs_shipped(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "command(NAME, WORDS...)");
  State& state = state_of(cv);
  const Text name = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const session::ShippedCommand* found = state.session.commands().find(name.view());
    if (found == nullptr) return newSV(0);
    return newSVpvn(found->file.native().data(), found->file.native().size());
  });
  XSRETURN(1);
}

/// _ldas_folders(): where load looks after the current folder.
void xs_ldas_folders(pTHX_ CV* cv) {
  dXSARGS;
  PERL_UNUSED_VAR(items);
  const auto& folders = state_of(cv).session.settings().ldas_folders;
  SP = PL_stack_base + ax - 1;
  EXTEND(SP, static_cast<SSize_t>(folders.size()));
  for (const auto& folder : folders)
    mPUSHp(folder.native().data(), folder.native().size());
  PUTBACK;
}

/// _begin_capture(), and _end_capture(): what was printed in between, children's output included.
void xs_begin_capture(pTHX_ CV* cv) {
  dXSARGS;
  PERL_UNUSED_VAR(items);
  if (!begin_capture(state_of(cv))) die_with(aTHX_ ErrorCode::internal, "cannot collect output: no file for it");
  XSRETURN_EMPTY;
}

void xs_end_capture(pTHX_ CV* cv) {
  dXSARGS;
  PERL_UNUSED_VAR(items);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const std::string text = end_capture(state_of(cv));
    return newSVpvn(text.data(), text.size());
  });
  XSRETURN(1);
}

/// _throw(CODE, MESSAGE): dies with an Alicia::Error that Perl code of ours has found.
void xs_throw(pTHX_ CV*) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "_throw(CODE, MESSAGE)");
  const Text code = text_argument(aTHX_ ST(0));
  const Text message = text_argument(aTHX_ ST(1));
  SV* error = error_object(aTHX_ Error{ErrorCode::script_error, std::string(message.view()), std::nullopt});
  (void)hv_stores(reinterpret_cast<HV*>(SvRV(error)), "code", newSVpvn(code.bytes, code.length));
  croak_sv(error);
}

GV* sub_glob(pTHX_ SV* name) {
  return gv_fetchsv(name, GV_ADD, SVt_PVCV);
}

/// _detach(NAME): takes the sub out of its glob and returns it, or undef; code compiled against the glob stays valid.
void xs_detach(pTHX_ CV*) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_detach(NAME)");
  GV* gv = sub_glob(aTHX_ ST(0));
  CV* sub = GvCV(gv);
  if (sub == nullptr) XSRETURN_UNDEF;
  GvCV_set(gv, nullptr);
  mro_method_changed_in(GvSTASH(gv));
  ST(0) = sv_2mortal(newRV_noinc(reinterpret_cast<SV*>(sub)));
  XSRETURN(1);
}

/// _attach(NAME, SUB or undef): the opposite; what stood there goes.
void xs_attach(pTHX_ CV*) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "_attach(NAME, SUB)");
  GV* gv = sub_glob(aTHX_ ST(0));
  CV* before = GvCV(gv);
  const bool has = SvROK(ST(1)) && SvTYPE(SvRV(ST(1))) == SVt_PVCV;
  GvCV_set(gv, has ? reinterpret_cast<CV*>(SvREFCNT_inc_NN(SvRV(ST(1)))) : nullptr);
  GvCVGEN(gv) = 0;
  mro_method_changed_in(GvSTASH(gv));
  SvREFCNT_dec(before);
  XSRETURN_EMPTY;
}

}  // namespace

void define_host(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_began", xs_began);
  define(aTHX_ state, "Alicia::_debugger", xs_debugger);
  define(aTHX_ state, "Alicia::_shipped", xs_shipped);
  define(aTHX_ state, "Alicia::_ldas_folders", xs_ldas_folders);
  define(aTHX_ state, "Alicia::_begin_capture", xs_begin_capture);
  define(aTHX_ state, "Alicia::_end_capture", xs_end_capture);
  define(aTHX_ state, "Alicia::_throw", xs_throw);
  define(aTHX_ state, "Alicia::_detach", xs_detach);
  define(aTHX_ state, "Alicia::_attach", xs_attach);
  CV* leave = define(aTHX_ state, "CORE::GLOBAL::exit", xs_exit, ";$");
  GvIMPORTED_CV_on(CvGV(leave));
}

}  // namespace alicia::perl

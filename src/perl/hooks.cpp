// SPDX-License-Identifier: GPL-3.0-or-later
//
// How Ctrl-C, exit and a reader that went away end a script that may `eval` whatever it likes: the loop that runs ops
// asks before each one whether a stop is requested, and dies if so. An `eval` that catches this gets to run no further
// op, and so on outwards until the outermost entry into Perl is back.
#include "perl/hooks.hpp"

#include <sys/wait.h>

#include <csignal>

#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

constexpr unsigned kRenewInterval = 4096;  // ops, some 100 microseconds

int run_ops(pTHX) {
  State& state = state_of(aTHX);
  unsigned count = 0;
  OP* op = PL_op;
  while (op != nullptr) {
    if (UNLIKELY(state.stop_requested())) stop_if_requested(aTHX_ state);
    if (UNLIKELY(++count % kRenewInterval == 0) && state.signals != nullptr) state.signals->renew();
    PL_op = op = op->op_ppaddr(aTHX);
  }
  PERL_ASYNC_CHECK();
  TAINT_NOT;
  return 0;
}

void on_signal(pTHX) {
  State& state = state_of(aTHX);
  PL_sig_pending = 0;
  if (state.stop_requested()) stop_if_requested(aTHX_ state);
  PL_sig_pending = 1;  // perl clears it, after looking for its own signals
  Perl_despatch_signals(aTHX);
}

/// Perl ignores SIGINT while `system` waits, and only the child gets it: a child that died of it means Ctrl-C.
OP* pp_interruptible_system(pTHX) {
  State& state = state_of(aTHX);
  OP* next = state.plain_system(aTHX);
  const int status = PL_statusvalue;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) state.session.cancellation().request();
  return next;
}

void xs_collect_warning(pTHX_ CV* cv) {
  dXSARGS;
  if (items > 0) {
    const Text text = text_argument(aTHX_ ST(0));
    state_of(cv).early_warnings.emplace_back(text.view());
  }
  XSRETURN_EMPTY;
}

}  // namespace

void install_hooks(pTHX_ State& state) {
  sv_setiv(*hv_fetchs(PL_modglobal, "Alicia::State", TRUE), PTR2IV(&state));
  PL_runops = run_ops;
  PL_signalhook = on_signal;
  state.plain_system = PL_ppaddr[OP_SYSTEM];
  PL_ppaddr[OP_SYSTEM] = pp_interruptible_system;
}

void remove_hooks(pTHX_ State& state) {
  PL_runops = Perl_runops_standard;
  PL_signalhook = Perl_despatch_signals;
  PL_ppaddr[OP_SYSTEM] = state.plain_system;
}

void collect_warnings(pTHX_ State& state) {
  if (state.warn_collector == nullptr) {
    state.warn_collector = reinterpret_cast<SV*>(define(aTHX_ state, "Alicia::_collect_warning", xs_collect_warning));
  }
  state.began = false;
  state.early_warnings.clear();
  state.saved_warn_hook = PL_warnhook;
  PL_warnhook = SvREFCNT_inc(state.warn_collector);
}

void release_warnings(pTHX_ State& state, bool show) {
  if (PL_warnhook == state.warn_collector) {
    PL_warnhook = state.saved_warn_hook;
    SvREFCNT_dec(state.warn_collector);
  } else if (state.saved_warn_hook != nullptr && state.saved_warn_hook != PL_warnhook) {
    SvREFCNT_dec(state.saved_warn_hook);  // a BEGIN block set $SIG{__WARN__}: its hook stays
  }
  state.saved_warn_hook = nullptr;
  for (const std::string& text : std::exchange(state.early_warnings, {})) {
    if (show) PerlIO_write(PerlIO_stderr(), text.data(), text.size());
  }
}

}  // namespace alicia::perl

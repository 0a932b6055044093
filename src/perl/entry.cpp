// SPDX-License-Identifier: GPL-3.0-or-later
#include "perl/entry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "perl/edge.hpp"
#include "perl/output_layer.hpp"

namespace alicia::perl {
namespace {

/// What protected_run has to do: no destructors, since perl longjmps out of it.
struct Job {
  SV* text = nullptr;
  SV* sub = nullptr;
  SV** words = nullptr;
  std::size_t count = 0;
};

void do_job(pTHX_ const Job& job) {
  if (job.text != nullptr) {
    eval_sv(job.text, G_VOID | G_DISCARD);
    return;
  }
  dSP;
  PUSHMARK(SP);
  EXTEND(SP, static_cast<SSize_t>(job.count));
  for (std::size_t i = 0; i < job.count; ++i)
    PUSHs(job.words[i]);
  PUTBACK;
  call_sv(job.sub, G_VOID | G_DISCARD | G_EVAL);
}

/// Runs a job, catching perl's own exit as perl_run does. True where it left by that.
bool protected_run(pTHX_ const Job& job) {
  const I32 scope = PL_scopestack_ix;
  const SSize_t height = PL_stack_sp - PL_stack_base;
  OP* const op = PL_op;
  int jumped = 0;
  dJMPENV;
  JMPENV_PUSH(jumped);
  if (jumped == 0) {
    do_job(aTHX_ job);
  } else {
    while (PL_scopestack_ix > scope)
      LEAVE;
    PL_stack_sp = PL_stack_base + height;
    PL_op = op;
  }
  JMPENV_POP;
  return jumped != 0;
}

Ending run_job(pTHX_ State& state, const Job& job) {
  Ending ending;
  ENTER;
  SAVETMPS;
  ending.left = protected_run(aTHX_ job);
  SV* error = ERRSV;
  if (ending.left) {
    state.exit_status = STATUS_EXIT;
  } else {
    ending.died = SvROK(error) || (SvPOK(error) && SvCUR(error) > 0);
  }
  FREETMPS;
  LEAVE;
  return ending;
}

/// One line: perl's messages may have several, and the first says it.
std::string one_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  std::string line;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n') {
      line.push_back(text[at]);
      continue;
    }
    // A syntax error quotes what it is near, line ends included; what follows the quotation is another message.
    const std::size_t quote = line.find("near \"");
    const bool quoting = quote != std::string::npos && line.find("\" ", quote + 6) == std::string::npos &&
                         (line.back() != '"' || line.size() == quote + 6);
    const bool located = line.find(" line ") != std::string::npos;
    if (located && !quoting) break;
    while (at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '\n'))
      ++at;
    if (!line.empty() && line.back() != ' ' && text[at + 1] != '"') line.push_back(' ');
  }
  // `at FILE line N.`: the full stop is perl's.
  if (line.ends_with('.') && line.size() > 1 && line[line.size() - 2] >= '0' && line[line.size() - 2] <= '9') {
    line.pop_back();
  }
  return line;
}

ErrorCode code_named(std::string_view name) {
  for (unsigned number = 0; number <= static_cast<unsigned>(ErrorCode::internal); ++number) {
    if (error_code_name(static_cast<ErrorCode>(number)) == name) return static_cast<ErrorCode>(number);
  }
  return ErrorCode::script_error;
}

std::string text_of(SV* sv) {
  return SvPOK(sv) ? std::string(SvPVX(sv), SvCUR(sv)) : std::string();
}

std::string text_of_field(pTHX_ HV* fields, std::string_view name) {
  SV** field = hv_fetch(fields, name.data(), static_cast<I32>(name.size()), FALSE);
  return field != nullptr ? text_of(*field) : std::string();
}

bool lies_below(std::string_view file, const std::filesystem::path& folder) {
  return !folder.empty() && file.starts_with(folder.string() + "/");
}

}  // namespace

std::string text_of_value(pTHX_ State& state, SV* value) {
  std::string text;
  SV* kept = newSVsv(value);
  ++state.shield;
  dSP;
  ENTER;
  SAVETMPS;
  PUSHMARK(SP);
  XPUSHs(sv_2mortal(kept));
  PUTBACK;
  const SSize_t count = call_pv("Alicia::_text", G_SCALAR | G_EVAL);
  SPAGAIN;
  if (count == 1) text = text_of(POPs);
  PUTBACK;
  FREETMPS;
  LEAVE;
  --state.shield;
  return text;
}

Ending evaluate(pTHX_ State& state, std::string_view text) {
  Job job;
  job.text = newSVpvn(text.data(), text.size());
  const Ending ending = run_job(aTHX_ state, job);
  SvREFCNT_dec(job.text);
  return ending;
}

Ending call_sub(pTHX_ State& state, const std::string& name, const std::vector<std::string>& words) {
  std::vector<SV*> arguments(words.size());
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [&](const std::string& word) { return newSVpvn(word.data(), word.size()); });
  Job job;
  job.sub = newSVpvn(name.data(), name.size());
  job.words = arguments.data();
  job.count = arguments.size();
  const Ending ending = run_job(aTHX_ state, job);
  for (SV* argument : arguments)
    SvREFCNT_dec(argument);
  SvREFCNT_dec(job.sub);
  return ending;
}

Entry::Entry(State& state) : state_(state), signals_(&state.perl->Isig_pending) {
  dTHXa(state_.perl);
  PERL_SET_CONTEXT(state_.perl);
  state_.stop = Stop::none;
  state_.exit_status = 0;
  state_.cleanup_ops = 0;
  state_.signals = &signals_;
  state_.line_buffered = isatty(STDOUT_FILENO) != 0;
  descriptor_ = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
  sv_setpvs(ERRSV, "");
}

Entry::~Entry() {
  dTHXa(state_.perl);
  if (getpid() != state_.process) {
    // A script's fork came back here: the child must not become a second shell, nor end what the parent owns.
    flush_output(state_);
    PerlIO_flush(nullptr);
    _exit(state_.exit_status);
  }
  drop_captures(state_);
  flush_output(state_);
  // Reopening STDOUT makes perl point file descriptor 1 elsewhere, by dup2 below the handle that was there.
  if (descriptor_ >= 0) dup2(descriptor_, STDOUT_FILENO);
  attach_output(aTHX);
  flush_output(state_);
  state_.signals = nullptr;
  state_.shield = 0;
  PL_sig_pending = 0;
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> Entry::result(const Ending& ending) const {
  dTHXa(state_.perl);
  if (state_.session.cancellation().requested()) return failure(ErrorCode::interrupted, "interrupted");
  if (state_.stop != Stop::none) return {};
  // As it does without memory, and in a panic; `exit` stops instead.
  if (ending.left && state_.exit_status == 1)
    return failure(ErrorCode::script_error, "perl ended the script with status 1, as it does when out of memory");
  if (ending.left || !ending.died) return {};
  return tl::unexpected<Error>(current_error(aTHX_ state_));
}

Error current_error(pTHX_ State& state) {
  SV* error = ERRSV;
  if (!SvROK(error)) return Error{ErrorCode::script_error, one_line(text_of(error)), std::nullopt};
  Error result{ErrorCode::script_error, {}, std::nullopt};
  if (sv_isobject(error) && SvTYPE(SvRV(error)) == SVt_PVHV && sv_derived_from(error, "Alicia::Error")) {
    HV* fields = reinterpret_cast<HV*>(SvRV(error));
    SV** address = hv_fetchs(fields, "address", FALSE);
    result.code = code_named(text_of_field(aTHX_ fields, "code"));
    if (address != nullptr && SvIOK(*address)) result.address = SvUVX(*address);
    // Where in a shipped command a read failed is of no use to who typed the command.
    const std::string file = text_of_field(aTHX_ fields, "file");
    const session::Settings& settings = state.session.settings();
    if (lies_below(file, settings.shipped_ldas) || lies_below(file, settings.perl_library))
      result.message = one_line(text_of_field(aTHX_ fields, "message"));
    if (!result.message.empty()) return result;
  }
  result.message = one_line(text_of_value(aTHX_ state, error));
  if (result.message.empty()) result.message = "died with an object that has no text";
  return result;
}

}  // namespace alicia::perl

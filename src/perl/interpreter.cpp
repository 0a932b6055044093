// SPDX-License-Identifier: GPL-3.0-or-later
#include "perl/interpreter.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "perl/edge.hpp"
#include "perl/entry.hpp"
#include "perl/hooks.hpp"
#include "perl/output_layer.hpp"

EXTERN_C void boot_DynaLoader(pTHX_ CV* cv);

namespace alicia::perl {
namespace {

constexpr std::string_view kPreamble =
    "package main; use strict qw(subs refs); use warnings; no warnings qw(portable); use feature qw(say state); "
    "Alicia::_began();";

void boot(pTHX) {
  newXS("DynaLoader::boot_DynaLoader", boot_DynaLoader, "alicia");
}

/// Perl's own start, once a process; it leaves SIGFPE ignored, which is not its business here.
void start_process() {
  static const bool started = [] {
    struct sigaction kept {};
    sigaction(SIGFPE, nullptr, &kept);
    int count = 0;
    char** none = nullptr;
    PERL_SYS_INIT3(&count, &none, &environ);
    sigaction(SIGFPE, &kept, nullptr);
    return true;
  }();
  (void)started;
}

// A line that no prompt reaches, for a token that fits nowhere.
constexpr std::string_view kProbe = "\n#line 1000000\n}\n";
constexpr std::string_view kProbeLine = " line 1000000,";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Open brackets, quotes and here-documents, as perl's messages tell of them. A bracket too many, or a syntax error
/// near something, is one that no further line mends.
bool means_incomplete(std::string_view message) {
  constexpr std::array<std::string_view, 3> signs{"Missing right", "Can't find string terminator", "not terminated"};
  if (contains(message, "Unmatched right")) return false;
  const std::size_t error = message.find("syntax error at ");
  if (error != std::string_view::npos) {
    const std::string_view line = message.substr(error, message.find('\n', error) - error);
    if (contains(line, ", near \"")) return false;
  }
  return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) { return contains(message, sign); });
}

/// A syntax error `at EOF` is one for want of more (`1 +`, `f(1,`) or one at the last token (`$x = ;`): which of the
/// two shows when something follows. Other errors `at EOF` (`x = 3` modifies a constant) no further line mends.
bool may_be_incomplete(std::string_view message) {
  const std::size_t error = message.find("syntax error at ");
  if (error == std::string_view::npos || contains(message, "Unmatched right")) return false;
  return contains(message.substr(error, message.find('\n', error) - error), ", at EOF");
}

bool probe_was_reached(std::string_view message) {
  const std::size_t error = message.find("syntax error at ");
  if (error == std::string_view::npos) return false;
  return contains(message.substr(error, message.find('\n', error) - error), kProbeLine);
}

/// A source's name as a #line directive can carry it.
std::string directive_name(std::string_view source) {
  std::string name(source);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '"' || c == '\n' || c == '\r'; }, '?');
  return name;
}

CV* user_sub(pTHX_ const char* name, std::size_t length) {
  SV** slot = hv_fetch(PL_defstash, name, static_cast<I32>(length), FALSE);
  if (slot == nullptr) return nullptr;
  // A sub that nothing refers to by its glob stands in the stash itself.
  const bool bare = SvROK(*slot) && SvTYPE(SvRV(*slot)) == SVt_PVCV;
  if (!bare && !isGV_with_GP(*slot)) return nullptr;
  CV* cv = bare ? reinterpret_cast<CV*>(SvRV(*slot)) : GvCV(reinterpret_cast<GV*>(*slot));
  if (cv == nullptr || CvISXSUB(cv) || (!CvROOT(cv) && !CvSTART(cv))) return nullptr;
  if (CvNAMED(cv)) return CvSTASH(cv) == PL_defstash ? cv : nullptr;
  GV* home = CvGV(cv);
  return home != nullptr && GvSTASH(home) == PL_defstash ? cv : nullptr;
}

/// Whatever main can call by that name: imported subs and constants too.
bool is_callable(pTHX_ const char* name, std::size_t length) {
  SV** slot = hv_fetch(PL_defstash, name, static_cast<I32>(length), FALSE);
  if (slot == nullptr) return false;
  if (SvROK(*slot)) return true;
  CV* cv = isGV_with_GP(*slot) ? GvCV(reinterpret_cast<GV*>(*slot)) : nullptr;
  return cv != nullptr && (CvISXSUB(cv) || CvROOT(cv) != nullptr);
}

bool is_special(std::string_view name) {
  constexpr std::array<std::string_view, 9> special{"BEGIN",    "UNITCHECK", "CHECK",  "INIT",    "END",
                                                    "AUTOLOAD", "DESTROY",   "import", "unimport"};
  return std::find(special.begin(), special.end(), name) != special.end();
}

}  // namespace

Interpreter::Interpreter(session::Session& session) : state_(std::make_unique<State>(session)) {}

Result<std::unique_ptr<Interpreter>> Interpreter::create(session::Session& session) {
  std::unique_ptr<Interpreter> made(new Interpreter(session));
  const Result<void> started = made->start();
  if (!started) return failure(started);
  return made;
}

Result<void> Interpreter::start() {
  State& state = *state_;
  start_process();
  state.process = getpid();
  state.perl = perl_alloc();
  if (state.perl == nullptr) return failure(ErrorCode::internal, "no memory for perl");
  dTHXa(state.perl);
  PERL_SET_CONTEXT(state.perl);
  setenv("PERL_BADLANG", "0", 0);  // an unknown locale is worth no seven lines
  PL_perl_destruct_level = 1;
  perl_construct(state.perl);
  PL_exit_flags |= PERL_EXIT_DESTRUCT_END;
  install_hooks(aTHX_ state);
  // Perl keeps pointers to its arguments.
  state.arguments = {"alicia", "-I" + state.session.settings().perl_library.string(), "-e", "0"};
  state.argument_pointers.clear();
  for (std::string& argument : state.arguments)
    state.argument_pointers.push_back(argument.data());
  state.argument_pointers.push_back(nullptr);
  if (perl_parse(state.perl, boot, static_cast<int>(state.arguments.size()), state.argument_pointers.data(), nullptr) !=
          0 ||
      perl_run(state.perl) != 0) {
    return failure(ErrorCode::script_error, "perl does not start");
  }
  define_output_layer(aTHX);
  define_core(aTHX_ state);
  define_text(aTHX_ state);
  define_salvage(aTHX_ state);
  define_types(aTHX_ state);
  define_symbols(aTHX_ state);
  define_objects(aTHX_ state);
  define_containers(aTHX_ state);
  define_host(aTHX_ state);
  define_stacks(aTHX_ state);
  define_trace(aTHX_ state);
  define_lkst(aTHX_ state);
  const Entry entry(state);
  return entry.result(evaluate(aTHX_ state, "package main; require Alicia; Alicia->import; 1;"));
}

Interpreter::~Interpreter() {
  if (state_->perl == nullptr) return;
  dTHXa(state_->perl);
  PERL_SET_CONTEXT(state_->perl);
  detach_output(aTHX_ * state_);
  remove_hooks(aTHX_ * state_);
  perl_destruct(state_->perl);
  perl_free(state_->perl);
}

Result<script::Outcome> Interpreter::run(std::string_view code, std::string_view source, unsigned first_line) {
  State& state = *state_;
  dTHXa(state.perl);
  const std::string text = fmt::format("{}\n#line {} \"{}\"\n{}", kPreamble, first_line, directive_name(source), code);
  const Entry entry(state);
  collect_warnings(aTHX_ state);
  const Ending ending = evaluate(aTHX_ state, text);
  bool incomplete = false;
  if (!state.began && ending.died && !state.stop_requested() && SvPOK(ERRSV)) {
    const std::string message(SvPVX(ERRSV), SvCUR(ERRSV));
    incomplete = means_incomplete(message);
    if (!incomplete && may_be_incomplete(message)) {
      evaluate(aTHX_ state, text + std::string(kProbe));
      incomplete = probe_was_reached({SvPVX(ERRSV), SvCUR(ERRSV)});
      sv_setpvn(ERRSV, message.data(), message.size());
    }
  }
  // Of code that doesn't compile the error says enough.
  release_warnings(aTHX_ state, state.began);
  if (incomplete) return script::Outcome::incomplete;
  return entry.result(ending).map([] { return script::Outcome::done; });
}

Result<void> Interpreter::load(const std::filesystem::path& file) {
  dTHXa(state_->perl);
  const Entry entry(*state_);
  return entry.result(call_sub(aTHX_ * state_, "Alicia::Loader::load", {file.string()}));
}

Result<void> Interpreter::call(std::string_view sub, const std::vector<std::string>& words) {
  dTHXa(state_->perl);
  const Entry entry(*state_);
  if (user_sub(aTHX_ sub.data(), sub.size()) == nullptr) {
    return failure(ErrorCode::no_such_command, fmt::format("no sub `{}` in main", sub));
  }
  return entry.result(call_sub(aTHX_ * state_, fmt::format("main::{}", sub), words));
}

Result<void> Interpreter::shipped(const Entry& entry, std::string_view command, const std::filesystem::path& file,
                                  const std::vector<std::string>& words) {
  dTHXa(state_->perl);
  std::vector<std::string> arguments{std::string(command), file.string()};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return entry.result(call_sub(aTHX_ * state_, "Alicia::Loader::run_shipped", arguments));
}

Result<void> Interpreter::call_shipped(std::string_view command, const std::filesystem::path& file,
                                       const std::vector<std::string>& words) {
  const Entry entry(*state_);
  return shipped(entry, command, file, words);
}

Result<std::string> Interpreter::capture_shipped(std::string_view command, const std::filesystem::path& file,
                                                 const std::vector<std::string>& words) {
  const Entry entry(*state_);
  if (!begin_capture(*state_)) return failure(ErrorCode::internal, "cannot collect output: no file for it");
  const Result<void> done = shipped(entry, command, file, words);
  std::string text = end_capture(*state_);
  if (!done) return failure(done);
  return text;
}

bool Interpreter::defines_sub(std::string_view name) const {
  dTHXa(state_->perl);
  return !is_special(name) && user_sub(aTHX_ name.data(), name.size()) != nullptr;
}

bool Interpreter::has_sub(std::string_view name) const {
  dTHXa(state_->perl);
  return is_callable(aTHX_ name.data(), name.size());
}

std::vector<std::string> Interpreter::subs() const {
  dTHXa(state_->perl);
  std::vector<std::string> names;
  hv_iterinit(PL_defstash);
  while (HE* entry = hv_iternext(PL_defstash)) {
    I32 length = 0;
    const char* key = hv_iterkey(entry, &length);
    std::string name(key, static_cast<std::size_t>(length));
    if (defines_sub(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Interpreter::is_package(std::string_view name) const {
  dTHXa(state_->perl);
  HV* stash = gv_stashpvn(name.data(), static_cast<U32>(name.size()), 0);
  return stash != nullptr && HvTOTALKEYS(stash) > 0;
}

std::optional<std::string> Interpreter::scalar(std::string_view name) const {
  dTHXa(state_->perl);
  SV* value = get_sv(fmt::format("main::{}", name).c_str(), 0);
  if (value == nullptr || !SvOK(value)) return std::nullopt;
  if (SvPOK(value) && !SvGMAGICAL(value)) return std::string(SvPVX(value), SvCUR(value));
  const Entry entry(*state_);
  return text_of_value(aTHX_ * state_, value);
}

void Interpreter::flush() {
  flush_output(*state_);
}

int Interpreter::exit_status() const {
  return state_->exit_status;
}

}  // namespace alicia::perl

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/executor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "shell/redirection.hpp"

namespace alicia::shell {

Verdict Executor::run(const Route& route) {
  switch (route.kind) {
    case RouteKind::nothing: return Verdict::well;
    case RouteKind::error: return report({ErrorCode::no_such_command, route.text, std::nullopt});
    case RouteKind::shell_escape: return shell_escape(route.text);
    default: return command(route);
  }
}

Verdict Executor::run_perl(std::string_view code, std::string_view source, unsigned first_line) {
  const auto outcome = engine_.run(code, source, first_line);
  engine_.flush();
  if (!outcome) return report(outcome.error());
  if (const auto lost = lost_output()) return report(*lost);
  return *outcome == script::Outcome::incomplete ? Verdict::incomplete : Verdict::well;
}

Verdict Executor::shell_escape(const std::string& text) {
  engine_.flush();
  errors_.end_line();
  const process::UniqueFd nothing(keep_input_ ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1);
  const std::string line = text.empty() ? "exec \"${SHELL:-/bin/sh}\"" : text;
  auto child = ShellChild::start({line, nothing.get(), terminal_}, session_.cancellation());
  if (!child) return report(child.error());
  const auto end = (*child)->wait();
  errors_.child_wrote();
  return verdict(end);
}

Verdict Executor::command(const Route& route) {
  engine_.flush();
  std::optional<Redirection> redirection;
  if (!route.shell_tail.empty()) {
    errors_.end_line();
    auto started = Redirection::start(route.shell_tail, terminal_, session_.cancellation());
    if (!started) return report(started.error());
    redirection.emplace(std::move(*started));
  }
  const auto result = dispatch(route);
  engine_.flush();
  Verdict piped = Verdict::well;
  bool silent = false;
  if (redirection) {
    // A debugger cut off because nobody reads any more has not failed.
    silent = route.kind == RouteKind::debugger && redirection->reader_gone();
    const auto end = redirection->finish();
    output_.at_line_start();
    if (route.shell_tail.starts_with('|')) errors_.child_wrote();
    piped = verdict(end);
  }
  const auto lost = lost_output();
  if (lost) return report(*lost);
  if (result || piped == Verdict::interrupted || silent) return piped;
  // A debugger's own error line is among what it printed.
  if (route.kind == RouteKind::debugger && result.error().code == ErrorCode::debugger_error) return Verdict::failed;
  return report(result.error());
}

Result<void> Executor::dispatch(const Route& route) {
  switch (route.kind) {
    case RouteKind::builtin: return builtins_.run(route.name, route.words);
    case RouteKind::user_sub: return engine_.call(route.name, route.words);
    case RouteKind::debugger: return session_.debugger()->run(route.text, session_.output());
    case RouteKind::shipped:
      return engine_.call_shipped(route.name, session_.commands().find(route.name)->file, route.words);
    default: return failure(ErrorCode::internal, "a line that is no command");
  }
}

std::optional<Error> Executor::lost_output() {
  const int error = output_.take_error();
  if (error == 0 || error == EPIPE) return std::nullopt;
  return Error{ErrorCode::cannot_open, fmt::format("cannot write: {}", std::strerror(error)), std::nullopt};
}

Verdict Executor::verdict(const ShellEnd& end) {
  if (end.interrupted()) return report({ErrorCode::interrupted, "interrupted", std::nullopt});
  if (end.well()) return Verdict::well;
  if (WIFSIGNALED(end.status)) errors_.print(fmt::format("sh: {}", strsignal(WTERMSIG(end.status))));
  return Verdict::failed;  // sh or its command has said why
}

Verdict Executor::report(const Error& error) {
  // The terminal has shown ^C.
  if (error.code == ErrorCode::interrupted && isatty(STDERR_FILENO) != 0) FileOutput(STDERR_FILENO).write("\n");
  errors_.print(error.message);
  return error.code == ErrorCode::interrupted ? Verdict::interrupted : Verdict::failed;
}

}  // namespace alicia::shell

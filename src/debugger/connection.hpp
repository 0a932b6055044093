// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "debugger/conversation.hpp"
#include "debugger/dialect.hpp"
#include "debugger/status_line.hpp"

namespace alicia::debugger {

/// A debugger that is there when it is needed: started in a thread of its own, waited for by whoever asks something,
/// started again after it died. What made it refuse the dump is remembered, so that nobody waits for it twice.
/// Safe to call from several threads; questions queue.
class Connection {
 public:
  /// Asks and gives the whole answer.
  using Ask = std::function<Result<std::string>(std::string_view)>;
  using Sink = Conversation::Sink;

  struct Options {
    std::string program;  ///< a name on PATH, or a file
    std::vector<std::string> arguments;
    StatusLine::Options status;
    std::vector<std::string> environment = {};  ///< NAME=VALUE, for the child alone
  };

  Connection(Options options, std::unique_ptr<Dialect> dialect, const Cancellation& cancellation);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What is to be done after each start, before the first question: called in the starting thread.
  void set_prologue(std::function<void(const Ask&)> prologue) { prologue_ = std::move(prologue); }

  /// Starts the child without waiting; nothing where it runs, starts, or has refused. Error: debugger_missing.
  Result<void> start();
  /// Waits for the start; where the debugger refused, tries again. Errors: debugger_missing, debugger_refused,
  /// debugger_died, interrupted (which ends the waiting only).
  Result<void> retry();

  /// Runs one line. Errors: as `retry`, and bad_argument (a newline in it), too_long.
  Result<void> ask(std::string_view line, const Sink& sink);
  /// The same, for a short answer: its first 16 MB.
  Result<std::string> ask(std::string_view line);

  void stop();
  /// True once the debugger has said that it cannot open this dump.
  bool refused() const;
  /// To print a line on standard error.
  void notice(std::string_view text) { status_.notice(text); }

 private:
  enum class Phase { idle, starting, ready, refused };

  Result<void> check(std::string_view line) const;
  Result<void> launch();
  Result<void> ready();
  void begin(std::unique_ptr<process::Child> child);
  std::optional<Error> greet(Conversation& conversation);
  Error refusal(std::string_view printed);
  Result<void> wait_for_start();
  Error died(std::string_view how) const;

  Options options_;
  std::unique_ptr<Dialect> dialect_;
  const Cancellation& cancellation_;
  std::function<void(const Ask&)> prologue_;
  StatusLine status_;

  std::mutex questions_;  // held by the one who asks; taken before `state_`
  mutable std::mutex state_;
  std::condition_variable changed_;
  Phase phase_ = Phase::idle;
  std::optional<Error> trouble_;  // why it isn't ready, after a start that failed
  std::unique_ptr<Conversation> conversation_;
  std::thread starter_;
  Cancellation give_up_start_;
};

}  // namespace alicia::debugger

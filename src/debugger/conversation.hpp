// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "debugger/answer_filter.hpp"
#include "debugger/dialect.hpp"
#include "process/child.hpp"

namespace alicia::debugger {

/// Questions and answers with one running debugger, from its first marker to its end. Used by one thread at a time.
class Conversation {
 public:
  /// Where an answer goes as it comes. False: nobody reads it any more.
  using Sink = std::function<bool(std::string_view)>;

  struct Controls {
    const Cancellation* cancellation = nullptr;
    /// Called some ten times a second while there is nothing to read; may be empty.
    std::function<void()> tick;
  };

  Conversation(std::unique_ptr<process::Child> child, const Dialect& dialect);

  /// Waits for the start to be over; `printed` is what came out of it, its last 64 kB at most. A cancellation kills the
  /// child: it would not survive anything gentler now. Errors: debugger_died, interrupted.
  Result<void> greet(std::string& printed, const Controls& controls);

  /// Runs one command, without a newline in it. Where cancellation is requested the debugger gets one SIGINT, and its
  /// further output is dropped; asked again within a second, it is killed. A sink that is tired ends the command in the
  /// same way, and that is no error. Errors: interrupted, debugger_died (what came before is delivered).
  Result<void> ask(std::string_view command, const Sink& sink, const Controls& controls);

  /// Looks whether the child still runs; one that was stopped is killed.
  bool alive();
  /// How the child ended, where it has: a stopped one was stopped, though it was killed then.
  process::ChildState end_state() const { return end_state_; }
  /// Asks it to leave, then makes it.
  void end();

 private:
  struct Exchange;
  enum class Step { more, answered, dead };

  Marker next_marker() { return dialect_.marker(secret_, ++number_, shape_); }
  using Heard = std::function<void(std::string_view)>;
  Result<std::string> meet(const Heard& heard, const Controls& controls);
  Result<void> learn_shape(std::string_view printed, std::string& before, const Controls& controls);
  Step step(Exchange& exchange, std::chrono::milliseconds timeout);
  void deliver(Exchange& exchange, std::string_view text);
  void drain(Exchange& exchange);
  Result<void> bury(Exchange& exchange);
  Result<void> break_off(Exchange& exchange, const Controls& controls);

  std::unique_ptr<process::Child> child_;
  const Dialect& dialect_;
  Manners manners_;
  std::string shape_;  // of a reply, where the dialect learns it
  std::uint64_t secret_;
  std::uint64_t number_ = 0;
  std::string belated_;  // came behind a marker: the next answer begins with it
  bool busy_ = true;     // with its start, or a command
  process::ChildState end_state_;
};

}  // namespace alicia::debugger

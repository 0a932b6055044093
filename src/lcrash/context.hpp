// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/output.hpp"
#include "lcrash/options.hpp"
#include "target/target.hpp"

namespace alicia::lcrash {

/// What lasts from command to command.
struct State {
  target::Target& target;
  const Options& options;
  Cancellation& cancellation;
  std::vector<std::string> history;
  std::optional<VirtualAddress> default_task;
  std::map<std::string, std::string, std::less<>> loaded;  ///< commands of ldcmds: name, file
  bool finished = false;
};

/// What one command is given: the state, and where its output goes.
class Context {
 public:
  /// What a command may have the interpreter do.
  struct Services {
    std::function<Result<void>(const std::string& file, const std::vector<std::string>& words)> run_file;
    std::function<bool(std::string_view text)> run_shell;
  };

  Context(State& state, Output& output, Services services)
      : state_(state), output_(output), services_(std::move(services)) {}

  State& state() { return state_; }
  target::Target& target() { return state_.target; }
  const Cancellation& cancellation() const { return state_.cancellation; }
  bool interrupted() const { return state_.cancellation.requested(); }

  template <class... Values>
  void print(fmt::format_string<Values...> format, Values&&... values) {
    write(fmt::format(format, std::forward<Values>(values)...));
  }
  void write(std::string_view text);
  /// Sends what is held back. False once nobody reads any more.
  bool flush();
  /// Nobody reads any more, or Ctrl-C: a loop should end.
  bool should_stop() const { return gone_ || interrupted(); }

  /// Says that one of several things asked for could not be done. The command goes on, and fails at its end.
  void complain(const Error& error);
  bool complained() const { return !complaints_.empty(); }
  const std::vector<std::string>& complaints() const { return complaints_; }

  /// Runs a file of commands; `words` stand for $1, $2… in it.
  Result<void> run_file(const std::string& file, const std::vector<std::string>& words) {
    return services_.run_file(file, words);
  }
  /// Has sh run a line, with the terminal. False where it fails.
  bool run_shell(std::string_view text) { return services_.run_shell(text); }

  /// An address as this kernel's pointers are written: `0x` and all digits.
  std::string address(VirtualAddress address) const {
    return fmt::format("0x{:0{}x}", address.value, state_.target.pointer_bytes() * 2);
  }
  /// Columns that an address takes.
  unsigned address_width() const { return state_.target.pointer_bytes() * 2 + 2; }

 private:
  State& state_;
  Output& output_;
  Services services_;
  std::string held_;
  bool gone_ = false;
  std::vector<std::string> complaints_;
};

}  // namespace alicia::lcrash

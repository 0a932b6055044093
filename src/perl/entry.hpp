// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "perl/state.hpp"
//
#include "perl/perl_headers.hpp"

namespace alicia::perl {

/// How an entry into Perl ended.
struct Ending {
  bool died = false;  ///< ERRSV holds what of
  bool left = false;  ///< perl's own exit unwound everything
};

/// Evaluates text; perl's stacks are as before when it returns.
Ending evaluate(pTHX_ State& state, std::string_view text);
/// Calls the sub of this full name in void context.
Ending call_sub(pTHX_ State& state, const std::string& name, const std::vector<std::string>& words);

/// One visit to Perl from outside, never within another: what stops Perl is forgotten, signals are guarded; when it
/// ends, output is written, and STDOUT, file descriptor 1 and the handler of SIGINT are as they were.
class Entry {
 public:
  explicit Entry(State& state);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  /// What to tell the caller: nothing where all went well, the script left by exit, or nobody reads any more.
  Result<void> result(const Ending& ending) const;

 private:
  State& state_;
  SignalGuard signals_;
  int descriptor_ = -1;
};

/// A value as text, by somebody's Perl where it is an object.
std::string text_of_value(pTHX_ State& state, SV* value);

/// The failure that ERRSV holds, as one line.
Error current_error(pTHX_ State& state);

}  // namespace alicia::perl

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The inside of the interpreter, shared by the files that include perl.h (which they do after this header).
//
// Two rules hold throughout. Perl longjmps: where perl may die (croak, magic, overloading, running code) no C++ object
// with a destructor may be alive in the frames between. And no C++ exception may pass through libperl. So an XSUB takes
// its arguments apart first (perl may die), then computes within `guarded` (C++, perl may not die), then dies or
// returns.

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "perl/kernel_calls.hpp"
#include "perl/signal_guard.hpp"
#include "session/session.hpp"
#include "target/unwinder.hpp"
#include "trace/kernel_trace.hpp"
#include "trace/lkst_trace.hpp"

struct interpreter;
struct sv;
struct op;

namespace alicia::perl {

/// Why running Perl has to end, whatever it evals.
enum class Stop { none, exit, broken_pipe };

struct State {
  explicit State(session::Session& the_session) : session(the_session), calls(the_session) {}

  session::Session& session;
  KernelCalls calls;
  std::unique_ptr<target::Unwinder> unwinder;                   ///< made when first needed
  std::unique_ptr<trace::KernelTrace> trace;                    ///< likewise
  std::unique_ptr<trace::LkstTrace> lkst;                       ///< likewise
  std::vector<std::unique_ptr<trace::Collection>> collections;  ///< by number; what a script has let go is null
  ::interpreter* perl = nullptr;
  std::vector<std::string> arguments;  ///< perl keeps pointers to its command line
  std::vector<char*> argument_pointers;

  Stop stop = Stop::none;
  int exit_status = 0;
  unsigned shield = 0;  ///< above 0, nothing stops Perl: it runs something of ours that is short
  unsigned long long cleanup_ops = 0;
  SignalGuard* signals = nullptr;

  /// Set by the first statement of a prompt line: what was compiled began to run.
  bool began = false;
  std::vector<std::string> early_warnings;
  ::sv* saved_warn_hook = nullptr;
  ::sv* warn_collector = nullptr;

  ::op* (*plain_system)(::interpreter*) = nullptr;  ///< perl's own system()

  std::string buffer;  ///< STDOUT's
  bool line_buffered = false;
  std::vector<int> captures;  ///< duplicates of file descriptor 1 as it was before each capture
  pid_t process = 0;          ///< the program's, to know a script's forked child by

  /// Takes a collection, and returns its number.
  std::size_t keep(std::unique_ptr<trace::Collection> collection) {
    const auto place = std::ranges::find_if(collections, [](const auto& held) { return held == nullptr; });
    if (place != collections.end()) {
      *place = std::move(collection);
      return static_cast<std::size_t>(place - collections.begin());
    }
    collections.push_back(std::move(collection));
    return collections.size() - 1;
  }

  bool stop_requested() const { return stop != Stop::none || session.cancellation().requested(); }
};

}  // namespace alicia::perl

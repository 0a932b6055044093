// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

namespace alicia::debugger {

/// Tells the person at the terminal that something takes its time: `crash: kmem -s … 12 s, Ctrl-C to stop`. One line
/// that is written over and taken away again; nothing where standard error is no terminal. Notices are printed anyway.
/// Safe to use from several threads.
class StatusLine {
 public:
  struct Options {
    int descriptor = 2;
    std::chrono::milliseconds delay{2000};  ///< of silence, before it shows
    bool even_without_terminal = false;     ///< for tests
  };

  StatusLine() : StatusLine(Options{}) {}
  explicit StatusLine(Options options);

  void begin(std::string_view what, std::string hint);
  /// To be called every now and then.
  void tick();
  /// To be called before the command's output is written: the terminal may be the same.
  void make_way_for(std::string_view output);
  void end();
  /// A line of its own.
  void notice(std::string_view text);

 private:
  void erase();

  std::mutex mutex_;
  Options options_;
  bool visible_terminal_;
  std::string what_, hint_;
  std::chrono::steady_clock::time_point begun_, silent_since_;
  long long shown_seconds_ = -1;
  bool mid_line_ = false;
};

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "process/unique_fd.hpp"

namespace alicia::process {

/// What became of a child.
struct ChildState {
  enum class Kind {
    running,
    stopped,  ///< `value` is the signal
    exited,   ///< `value` is the status
    killed,   ///< `value` is the signal
    lost,     ///< it has ended, and something else in this process took its status
  };
  Kind kind = Kind::running;
  int value = 0;

  bool ended() const { return kind != Kind::running && kind != Kind::stopped; }
};

/// `was killed by SIGKILL`, `exited with status 1`, `was stopped by SIGSTOP`, `is running`, `has ended`.
std::string describe(ChildState state);

struct ChildOptions {
  std::filesystem::path executable;
  std::vector<std::string> arguments;         ///< without the program's own name
  std::vector<std::string> environment = {};  ///< NAME=VALUE, beside or instead of what this process has
};

/// A child behind three pipes. It leads a session of its own: no terminal, so neither Ctrl-C nor a read of /dev/tty
/// reaches across; its signals are as a shell would hand them over, and it inherits no other file descriptor.
/// Nothing here blocks but `wait` and the ending of the child. Used by one thread at a time.
class Child {
 public:
  enum class Stream { output, errors };
  /// What a wait ended with; none set: time is up.
  struct Wake {
    bool output = false;  ///< something to read, or the end of it
    bool errors = false;
    bool ended = false;
  };

  /// Errors: cannot_open.
  static Result<std::unique_ptr<Child>> start(const ChildOptions& options);
  /// Kills what still runs, with all it started, and leaves no zombie.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Asks the system without waiting. Notices SIGSTOP and SIGCONT. Takes the status of a child that ended.
  ChildState state();

  /// Hands the child all of `text`, or as much as its pipe takes. False where it took less than all.
  bool write(std::string_view text);
  void close_input() { input_.reset(); }
  /// Sleeps until there is something to read, the child ends, a signal arrives, or time is up.
  Wake wait(std::chrono::milliseconds timeout);
  /// Appends what is there to be read, at most some 256 kB at once. False at the end of the stream.
  bool read(Stream stream, std::string& into);

  /// To the child and all its process group. Nothing where it has ended.
  void signal(int number);
  /// Waits until it has ended or time is up.
  ChildState wait_for_end(std::chrono::milliseconds timeout);
  /// SIGKILL, to all of its process group, and waits.
  ChildState kill();
  /// Closes its input and waits; then SIGTERM; then SIGKILL. `patience` is waited twice at most.
  ChildState end(std::chrono::milliseconds patience);

 private:
  Child(pid_t pid, UniqueFd input, UniqueFd output, UniqueFd errors);

  pid_t pid_;
  UniqueFd input_, output_, errors_;
  UniqueFd watch_;  // a pidfd, readable once the child has ended: end of file would wait for grandchildren
  ChildState state_;
};

}  // namespace alicia::process

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string_view>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "process/unique_fd.hpp"
#include "shell/shell_child.hpp"

namespace alicia::shell {

/// What /bin/sh is to run for a command's shell part: `| less` is `less`, `>> f` is `cat >> f`.
std::string shell_text(std::string_view tail);

/// File descriptor 1 leads into a `/bin/sh` while this lives. Whoever buffers output flushes it before and after.
class Redirection {
 public:
  /// Error: cannot_open.
  static Result<Redirection> start(std::string_view tail, Terminal* terminal, Cancellation& cancellation);
  Redirection(Redirection&&) = default;
  Redirection& operator=(Redirection&&) = delete;
  ~Redirection();

  /// True once nobody reads any more.
  bool reader_gone() const;
  /// Descriptor 1 is what it was; waits for sh.
  ShellEnd finish();

 private:
  Redirection(std::unique_ptr<ShellChild> child, process::UniqueFd before)
      : child_(std::move(child)), before_(std::move(before)) {}

  std::unique_ptr<ShellChild> child_;
  process::UniqueFd before_;  // empty where descriptor 1 was closed
};

}  // namespace alicia::shell

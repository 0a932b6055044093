// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <memory>

#include "process/unique_fd.hpp"

namespace alicia::shell {

/// The controlling terminal, which one process group at a time may read from and gets Ctrl-C from. While it is handed
/// over, Alicia is in the background.
class Terminal {
 public:
  /// Nothing where there is no terminal or Alicia is not in its foreground.
  static std::unique_ptr<Terminal> open();

  int descriptor() const { return descriptor_.get(); }
  /// To the foreground with that process group.
  void give_to(pid_t group) const;
  /// Back to Alicia; with `restore_modes`, as it was when the terminal was opened or last remembered.
  void take_back(bool restore_modes) const;
  void remember_modes();

 private:
  Terminal(process::UniqueFd descriptor, pid_t group) : descriptor_(std::move(descriptor)), group_(group) {}

  process::UniqueFd descriptor_;
  pid_t group_;
  termios modes_{};
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "base/output.hpp"

namespace alicia::shell {

/// Errors as the user sees them: `alicia: MESSAGE` on standard error, one line each.
class ErrorPrinter {
 public:
  /// `output` is what went to descriptor 1: on a terminal, an unfinished line is ended first.
  explicit ErrorPrinter(FileOutput& output) : output_(output) {}
  void print(std::string_view message);
  /// Where both are the terminal, ends the line that output left unfinished.
  void end_line();
  /// Something else wrote to the terminal, nobody knows what.
  void child_wrote() { unknown_ = true; }

 private:
  FileOutput& output_;
  bool unknown_ = false;
};

}  // namespace alicia::shell

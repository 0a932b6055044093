// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/error_printer.hpp"

#include <unistd.h>

#include <string>

#include "base/escape.hpp"

namespace alicia::shell {

void ErrorPrinter::print(std::string_view message) {
  end_line();
  FileOutput errors(STDERR_FILENO);
  while (!message.empty()) {
    const auto end = message.find('\n');
    const auto line = message.substr(0, end);
    if (!line.empty()) errors.write("alicia: " + visible(line) + "\n");
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
  }
}

void ErrorPrinter::end_line() {
  if (!output_.in_mid_line()) return;
  if (isatty(STDOUT_FILENO) != 0) output_.write("\n");
  output_.at_line_start();
}

}  // namespace alicia::shell

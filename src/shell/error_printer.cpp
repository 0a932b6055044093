// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/error_printer.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/escape.hpp"

namespace alicia::shell {
namespace {

/// Takes the cursor to the start of a line, wherever it is: a line of blanks and a carriage return. Written at the
/// start of a line, the blanks fill it and the return comes back to it, since a terminal wraps only before the next
/// character; written behind something, they go over the edge, and the return stays on the new line.
std::string to_line_start() {
  const char* kind = std::getenv("TERM");
  winsize size{};
  if (kind == nullptr || std::string_view(kind) == "dumb" || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return size.ws_col == 0 ? std::string() : std::string(size.ws_col, ' ') + "\r";
}

}  // namespace

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
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  if (terminal && unknown_) output_.write(to_line_start());
  if (terminal && !unknown_ && output_.in_mid_line()) output_.write("\n");
  unknown_ = false;
  output_.at_line_start();
}

}  // namespace alicia::shell

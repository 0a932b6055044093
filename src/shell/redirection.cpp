// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/redirection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace alicia::shell {

std::string shell_text(std::string_view tail) {
  if (tail.starts_with('|')) return std::string(tail.substr(1));
  return "cat " + std::string(tail);
}

Result<Redirection> Redirection::start(std::string_view tail, Terminal* terminal, Cancellation& cancellation) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return failure(ErrorCode::cannot_open, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const process::UniqueFd read_end(ends[0]), write_end(ends[1]);
  auto child = ShellChild::start({shell_text(tail), read_end.get(), terminal}, cancellation);
  if (!child) return failure(std::move(child));
  process::UniqueFd before(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10));
  if (dup2(write_end.get(), STDOUT_FILENO) < 0) {
    return failure(ErrorCode::cannot_open, fmt::format("cannot redirect: {}", std::strerror(errno)));
  }
  return Redirection(std::move(*child), std::move(before));
}

Redirection::~Redirection() {
  if (child_) finish();
}

bool Redirection::reader_gone() const {
  pollfd pipe{STDOUT_FILENO, 0, 0};
  return poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0;
}

ShellEnd Redirection::finish() {
  if (before_) {
    dup2(before_.get(), STDOUT_FILENO);
    before_.reset();
  } else {
    close(STDOUT_FILENO);
  }
  const ShellEnd end = child_->wait();
  child_.reset();
  return end;
}

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/output.hpp"

#include <unistd.h>

#include <cerrno>

namespace alicia {

bool FileOutput::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      error_ = errno;
      return false;
    }
    last_ = text[static_cast<std::size_t>(written) - 1];
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/stream_lines.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace alicia::shell {

ReadLine StreamLines::read(std::string_view /*prompt*/) {
  while (true) {
    if (cancellation_.requested()) return {ReadLine::Kind::interrupted, {}};
    const auto end = buffer_.find('\n', scanned_);
    if (end == std::string::npos && !ended_) {
      scanned_ = buffer_.size();
      if (buffer_.size() > longest_line) return {ReadLine::Kind::too_long, {}};
      ended_ = !fill();
      continue;
    }
    if (end == std::string::npos && buffer_.empty()) return {ReadLine::Kind::end, {}};
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end == std::string::npos ? end : end + 1);
    scanned_ = 0;
    if (line.ends_with('\r')) line.pop_back();
    return {ReadLine::Kind::line, std::move(line)};
  }
}

bool StreamLines::fill() {
  std::array<char, 65536> part;
  const auto count = ::read(descriptor_, part.data(), part.size());
  if (count < 0) return errno == EINTR;
  buffer_.append(part.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace alicia::shell

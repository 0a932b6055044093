// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/cancellation.hpp"
#include "process/unique_fd.hpp"
#include "shell/line_source.hpp"

namespace alicia::shell {

/// Lines of a file or pipe, as they come; no prompt, and a carriage return before the line's end is dropped.
class StreamLines final : public LineSource {
 public:
  static constexpr std::size_t longest_line = std::size_t{16} << 20;  ///< bytes

  /// Reads `descriptor`, which stays the caller's.
  StreamLines(int descriptor, const Cancellation& cancellation)
      : descriptor_(descriptor), cancellation_(cancellation) {}
  ReadLine read(std::string_view prompt) override;

 private:
  bool fill();

  int descriptor_;
  const Cancellation& cancellation_;
  std::string buffer_;
  std::size_t scanned_ = 0;  // up to here the buffer has no line's end
  bool ended_ = false;
};

}  // namespace alicia::shell

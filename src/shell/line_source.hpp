// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace alicia::shell {

struct ReadLine {
  enum class Kind {
    line,
    interrupted,  ///< Ctrl-C: what was typed is gone
    too_long,     ///< no line any more, but endless input: nothing else is to be read from there
    end,
  };
  Kind kind = Kind::end;
  std::string text;
};

/// Where lines come from: a terminal, a file, a pipe.
class LineSource {
 public:
  virtual ~LineSource() = default;
  virtual ReadLine read(std::string_view prompt) = 0;
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace alicia::debugger {

/// What a debugger prints of itself around an answer. crash -s: nothing at all; others: a prompt, an echo, or both.
struct Manners {
  std::string prompt;
  bool echoes = false;

  /// Learnt from the text between two markers' replies, where the second was typed as `line`.
  static Manners learn(std::string_view between, std::string_view line);
};

/// Cuts one answer out of a debugger's output as it comes: without prompt and echo, up to the marker's reply.
class AnswerFilter {
 public:
  /// `command` and `marker_line` as typed, without their newlines; `command` empty: none was.
  AnswerFilter(const Manners& manners, std::string_view command, std::string_view marker_line, std::string reply);

  /// Takes what was read; gives what is certainly the answer's.
  std::string feed(std::string_view text);
  bool complete() const { return complete_; }
  /// After the debugger's death: what was held back. After completion: what came behind the marker.
  std::string rest();

 private:
  std::string without_head();

  std::string head_;  // prompt and echoed command, to be dropped
  std::string tail_;  // prompt and echoed marker line, which may stand before the reply
  std::string reply_;
  std::string held_;
  bool head_done_ = false;
  bool complete_ = false;
};

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "shell/completer.hpp"
#include "shell/history_file.hpp"
#include "shell/line_source.hpp"

namespace alicia::shell {

/// Lines typed at the terminal, through GNU Readline. One at a time: Readline is one.
class ReadlineLines final : public LineSource {
 public:
  ReadlineLines(HistoryFile& history, const Completer& completer, const Cancellation& cancellation);
  ~ReadlineLines() override;
  ReadlineLines(const ReadlineLines&) = delete;
  ReadlineLines& operator=(const ReadlineLines&) = delete;

  ReadLine read(std::string_view prompt) override;

 private:
  static void on_line(char* line);
  static char** on_completion(const char* word, int start, int end);

  HistoryFile& history_;
  const Completer& completer_;
  const Cancellation& cancellation_;
  bool arrived_ = false;
  ReadLine line_;
};

}  // namespace alicia::shell

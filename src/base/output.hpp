// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace alicia {

/// Where a command's output goes.
class Output {
 public:
  virtual ~Output() = default;
  /// False once nobody reads any more (EPIPE): the command should end, in silence.
  virtual bool write(std::string_view text) = 0;
};

/// Writes to a file descriptor at once. Needs SIGPIPE ignored.
class FileOutput final : public Output {
 public:
  explicit FileOutput(int descriptor) : descriptor_(descriptor) {}
  bool write(std::string_view text) override;
  /// True where the last thing written left the line unfinished.
  bool in_mid_line() const { return last_ != '\n'; }
  /// To be called when something else ended the line, or the descriptor leads elsewhere now.
  void at_line_start() { last_ = '\n'; }
  /// The errno of a write that failed since the last call; 0 where none did.
  int take_error() { return std::exchange(error_, 0); }

 private:
  int descriptor_;
  int error_ = 0;
  char last_ = '\n';
};

/// Collects output as a string.
class StringOutput final : public Output {
 public:
  bool write(std::string_view text) override {
    text_.append(text);
    return true;
  }
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace alicia {

/// Where a command's output goes.
class Output {
 public:
  virtual ~Output() = default;
  /// False once nobody reads any more (EPIPE): the command should end, in silence.
  virtual bool write(std::string_view text) = 0;
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

// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/status_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "base/escape.hpp"

namespace alicia::debugger {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t longest_command = 40;  // the line must not wrap, or it could not be taken away

void put(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count <= 0) return;  // whoever cannot be told goes without
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

StatusLine::StatusLine(Options options)
    : options_(options), visible_terminal_(options.even_without_terminal || ::isatty(options.descriptor) == 1) {}

void StatusLine::begin(std::string_view what, std::string hint) {
  std::lock_guard lock(mutex_);
  what_ = visible(what);
  if (what_.size() > longest_command) {
    std::size_t end = longest_command - 1;
    while (end > 0 && (static_cast<unsigned char>(what_[end]) & 0xc0U) == 0x80U)
      --end;  // not within a character
    what_ = what_.substr(0, end) + "…";
  }
  hint_ = std::move(hint);
  begun_ = silent_since_ = Clock::now();
  shown_seconds_ = -1;
  mid_line_ = false;
}

void StatusLine::tick() {
  std::lock_guard lock(mutex_);
  if (!visible_terminal_ || mid_line_) return;
  const auto now = Clock::now();
  if (now - silent_since_ < options_.delay) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - begun_).count();
  if (seconds == shown_seconds_) return;
  shown_seconds_ = seconds;
  put(options_.descriptor, fmt::format("\r\x1b[K{} … {} s, {}", what_, seconds, hint_));
}

void StatusLine::erase() {
  if (shown_seconds_ >= 0) put(options_.descriptor, "\r\x1b[K");
  shown_seconds_ = -1;
}

void StatusLine::make_way_for(std::string_view output) {
  std::lock_guard lock(mutex_);
  if (output.empty()) return;
  erase();
  silent_since_ = Clock::now();
  mid_line_ = output.back() != '\n';
}

void StatusLine::end() {
  std::lock_guard lock(mutex_);
  erase();
}

void StatusLine::notice(std::string_view text) {
  std::lock_guard lock(mutex_);
  erase();
  put(options_.descriptor, fmt::format("alicia: {}\n", visible(text)));
}

}  // namespace alicia::debugger

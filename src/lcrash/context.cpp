// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/context.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::size_t kMostHeld = 16384;

}  // namespace

void Context::write(std::string_view text) {
  held_ += text;
  if (held_.size() >= kMostHeld) flush();
}

bool Context::flush() {
  if (!gone_ && !held_.empty()) gone_ = !output_.write(held_);
  held_.clear();
  return !gone_;
}

void Context::complain(const Error& error) {
  complaints_.push_back(error.message);
}

}  // namespace alicia::lcrash

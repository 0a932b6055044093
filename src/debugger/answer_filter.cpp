// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/answer_filter.hpp"

#include <algorithm>
#include <utility>

namespace alicia::debugger {
namespace {

// The length of the longest end of `text` that `whole` begins with.
std::size_t begun(std::string_view text, std::string_view whole) {
  for (std::size_t length = std::min(text.size(), whole.size()); length > 0; --length) {
    if (text.substr(text.size() - length) == whole.substr(0, length)) return length;
  }
  return 0;
}

}  // namespace

Manners Manners::learn(std::string_view between, std::string_view line) {
  Manners manners;
  const std::string echo = std::string(line) + '\n';
  if (between.ends_with(echo)) {
    manners.echoes = true;
    between.remove_suffix(echo.size());
  }
  // A prompt is short and on one line; anything else is belated news from the start.
  if (between.size() <= 64 && between.find('\n') == between.npos) manners.prompt = between;
  return manners;
}

AnswerFilter::AnswerFilter(const Manners& manners, std::string_view command, std::string_view marker_line,
                           std::string reply)
    : reply_(std::move(reply)) {
  const auto echo = [&](std::string_view line) { return manners.echoes ? std::string(line) + '\n' : std::string(); };
  if (!command.empty()) head_ = manners.prompt + echo(command);
  tail_ = manners.prompt + echo(marker_line);
}

std::string AnswerFilter::without_head() {
  if (!head_done_ && held_.size() < head_.size() && !complete_ && head_.starts_with(held_)) return {};
  if (!head_done_ && held_.starts_with(head_)) held_.erase(0, head_.size());
  head_done_ = true;
  return std::exchange(held_, {});
}

std::string AnswerFilter::feed(std::string_view text) {
  if (complete_) {
    held_ += text;
    return {};
  }
  const std::size_t from = held_.size() - std::min(held_.size(), reply_.size());
  held_ += text;
  if (const auto at = held_.find(reply_, from); at != held_.npos) {
    complete_ = true;
    std::string behind = held_.substr(at + reply_.size());
    held_.resize(at);
    std::string answer = without_head();
    if (answer.ends_with(tail_)) answer.resize(answer.size() - tail_.size());
    held_ = std::move(behind);
    return answer;
  }
  std::string answer = without_head();
  const std::size_t keep = std::max(begun(answer, tail_ + reply_), begun(answer, reply_));
  held_.insert(0, answer, answer.size() - keep);
  answer.resize(answer.size() - keep);
  return answer;
}

std::string AnswerFilter::rest() {
  return std::exchange(held_, {});
}

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/nearest_word.hpp"

#include <algorithm>

namespace alicia::shell {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Three rows of the table: a swap looks two rows back.
  std::vector<std::size_t> before(right.size() + 1), last(right.size() + 1), row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t changed = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + changed});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[right.size()];
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  std::size_t near = word.size() > 4 ? 2 : 1;
  if (word.size() <= near || word.size() > 64) return {};
  std::string best;
  std::size_t best_prefix = 0;
  for (const auto& candidate : candidates) {
    const auto longer = std::max(word.size(), candidate.size()), shorter = std::min(word.size(), candidate.size());
    if (longer - shorter > near) continue;
    const auto distance = edit_distance(word, candidate);
    if (distance > near || distance >= candidate.size()) continue;
    const auto differs =
        std::mismatch(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(shorter), candidate.begin());
    const auto prefix = static_cast<std::size_t>(differs.first - word.begin());
    if (distance == near && !best.empty() && prefix <= best_prefix) continue;
    best = candidate;
    best_prefix = prefix;
    near = distance;
  }
  return best;
}

}  // namespace alicia::shell

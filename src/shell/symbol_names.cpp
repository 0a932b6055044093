// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/symbol_names.hpp"

#include <algorithm>

namespace alicia::shell {
namespace {

constexpr std::size_t kMostSymbols = 4u << 20;  // a damaged table may go on for ever

bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

Matches matches_in(const std::vector<std::string>& words, std::string_view prefix, std::size_t most) {
  const auto first = std::lower_bound(words.begin(), words.end(), prefix);
  const auto last =
      std::find_if_not(first, words.end(), [prefix](const auto& word) { return word.starts_with(prefix); });
  if (first == last) return {};
  // In sorted words, what the first and the last have in common all have.
  const std::string& front = *first;
  const std::string& back = *std::prev(last);
  const auto differs = std::mismatch(front.begin(), front.end(), back.begin(), back.end());
  const auto count = std::min<std::ptrdiff_t>(last - first, static_cast<std::ptrdiff_t>(most));
  return {{first, first + count}, {front.begin(), differs.first}};
}

Matches SymbolNames::matches(std::string_view prefix, std::size_t most) {
  if (target_ != nullptr && names_.empty()) {
    target_->for_each_symbol([this](const symbols::Symbol& symbol) {
      if (is_plain(symbol.name)) names_.push_back(symbol.name);
      return names_.size() < kMostSymbols;
    });
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  }
  return matches_in(names_, prefix, most);
}

}  // namespace alicia::shell

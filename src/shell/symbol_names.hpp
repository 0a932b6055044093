// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "target/target.hpp"

namespace alicia::shell {

/// Words that begin alike.
struct Matches {
  std::vector<std::string> words;  ///< sorted, not necessarily all
  std::string common;              ///< what all of them begin with, those left out too
};

/// What of the sorted `words` begins with `prefix`, `most` of them at most.
Matches matches_in(const std::vector<std::string>& words, std::string_view prefix, std::size_t most);

/// The dump's symbols, for completion: collected when first asked for.
class SymbolNames {
 public:
  /// `target` may be nullptr: then there are none.
  explicit SymbolNames(const target::Target* target) : target_(target) {}
  Matches matches(std::string_view prefix, std::size_t most);

 private:
  const target::Target* target_;
  std::vector<std::string> names_;  // sorted, without what no terminal should see
};

}  // namespace alicia::shell

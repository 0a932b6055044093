// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace alicia::shell {

/// The number of letters inserted, dropped, changed, or swapped with their neighbour that lead from one word to the
/// other (optimal string alignment).
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate nearest to `word`; among equals the one that begins most like it, then the earlier one. Empty where
/// none is near: one slip in words up to four letters, two in longer ones, never the whole word.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace alicia::lcrash {

/// What is to be run instead of asking for lines, in the order given.
struct Batch {
  enum class Kind { line, file, report };
  Kind kind = Kind::line;
  std::string text;
};

struct Options {
  std::string map, dump, kerntypes;  ///< kerntypes may be empty: the dump has types of its own
  std::string outfile;               ///< empty: standard output
  std::vector<Batch> batches;
};

/// To end at once, with that text.
struct Leave {
  std::string text;
  int status = 0;
};

std::variant<Options, Leave> parse_options(const std::vector<std::string>& arguments);

}  // namespace alicia::lcrash

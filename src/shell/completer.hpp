// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/router.hpp"
#include "shell/symbol_names.hpp"

namespace alicia::shell {

/// What may stand where the cursor is.
struct Completion {
  bool files = false;  ///< names of files, which the line editor knows best
  Matches matches;
};

/// Decides by the line so far whether a command, a symbol or a file is being typed.
class Completer {
 public:
  using Symbols = std::function<Matches(std::string_view prefix, std::size_t most)>;
  Completer(const RoutingFacts& facts, Symbols symbols) : facts_(facts), symbols_(std::move(symbols)) {}

  /// `before` is the line up to the word, `word` the word up to the cursor.
  Completion complete(std::string_view before, std::string_view word) const;

 private:
  Matches commands(std::string_view word, bool perl_too) const;

  const RoutingFacts& facts_;
  Symbols symbols_;
};

}  // namespace alicia::shell

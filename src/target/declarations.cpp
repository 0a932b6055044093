// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/declarations.hpp"

#include <algorithm>
#include <array>

namespace alicia::target {
namespace {

struct Declaration {
  std::string_view symbol;
  std::string_view type;
};

constexpr auto declarations = std::to_array<Declaration>({
#include "target/declarations.inc"
});
static_assert(std::ranges::is_sorted(declarations, {}, &Declaration::symbol));

}  // namespace

std::optional<std::string_view> declared_type(std::string_view symbol) {
  const auto found = std::ranges::lower_bound(declarations, symbol, {}, &Declaration::symbol);
  if (found == declarations.end() || found->symbol != symbol) return std::nullopt;
  return found->type;
}

}  // namespace alicia::target

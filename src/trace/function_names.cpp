// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/function_names.hpp"

#include <fmt/format.h>

#include <optional>

namespace alicia::trace {
namespace {

/// Bytes to the next symbol, as kallsyms tells a function's size; nothing where there is none near.
std::optional<std::uint64_t> size_of(const target::Target& target, const symbols::Symbol& symbol) {
  // The next symbol's place is found by halving: names are looked up by address, not walked.
  std::uint64_t low = 0, high = std::uint64_t{1} << 20U;
  const auto is_inside = [&](std::uint64_t offset) {
    const auto found = target.symbol_at(symbol.address + offset);
    return found && found->symbol.address == symbol.address;
  };
  if (is_inside(high)) return std::nullopt;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (is_inside(middle) ? low : high) = middle;
  }
  return high;
}

}  // namespace

const FunctionNames::Names& FunctionNames::find(std::uint64_t address) {
  const auto [entry, is_new] = known_.try_emplace(address);
  Names& names = entry->second;
  if (!is_new) return names;
  const auto symbol = target_.symbol_at(VirtualAddress{address});
  if (!symbol) {
    names.plain = names.with_offset = fmt::format("0x{:x}", address);
    return names;
  }
  names.bare = symbol->symbol.name;
  const std::string module = symbol->symbol.module.empty() ? "" : fmt::format(" [{}]", symbol->symbol.module);
  names.plain = names.bare + module;
  const auto size = size_of(target_, symbol->symbol);
  names.with_offset = fmt::format("{}+{:#x}/{:#x}{}", names.bare, symbol->offset, size.value_or(0), module);
  return names;
}

}  // namespace alicia::trace

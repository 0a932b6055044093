// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/resolve.hpp"

namespace alicia::lcrash {
namespace {

/// What nm's letter says, in the original's words.
std::string_view section_of(char letter) {
  switch (letter) {
    case 'T': return "GLOBAL_TEXT";
    case 't': return "LOCAL_TEXT";
    case 'D':
    case 'G': return "GLOBAL_DATA";
    case 'd':
    case 'g': return "LOCAL_DATA";
    case 'B':
    case 'S': return "GLOBAL_BSS";
    case 'b':
    case 's': return "LOCAL_BSS";
    case 'R': return "GLOBAL_RO";
    case 'r': return "LOCAL_RO";
    case 'A': return "GLOBAL_ABS";
    case 'a': return "LOCAL_ABS";
    case 'W':
    case 'w':
    case 'V':
    case 'v': return "WEAK";
    default: return "UNKNOWN";
  }
}

/// A symbol by what the user typed; a name before a number that looks like one.
Result<symbols::SymbolAndOffset> look_up(target::Target& target, const std::string& word) {
  if (const auto listed = target.kernel_symbol(word)) return symbols::SymbolAndOffset{*listed, 0};
  const auto number = parse_number(word);
  if (!number) {
    const auto symbol = target.symbol(word);
    if (!symbol) return failure(symbol);
    return symbols::SymbolAndOffset{*symbol, 0};
  }
  auto found = target.symbol_at(VirtualAddress{*number});
  if (!found) return failure(ErrorCode::no_such_symbol, fmt::format("no symbol at {:#x}", *number), *number);
  return *found;
}

std::string type_of(Context& context, const symbols::Symbol& symbol) {
  const auto type = context.target().type_of_symbol(symbol.name);
  return type ? visible(context.target().types().spell(*type)) : "(unknown)";
}

Result<void> show(Context& context, const Arguments& arguments, std::string_view name) {
  if (arguments.words.empty()) return usage(name);
  const unsigned width = std::max(context.address_width(), 10U);
  std::size_t found = 0;
  for (const std::string& word : arguments.words) {
    if (context.should_stop()) return failure(ErrorCode::interrupted, "interrupted");
    const auto symbol = look_up(context.target(), word);
    if (!symbol) {
      context.complain(symbol.error());
      continue;
    }
    if (found++ == 0)
      context.print("{:<{}} {:>6} {:<12} {:<26} {}\n", "ADDR", width, "OFFSET", "SECTION", "NAME", "TYPE");
    const symbols::Symbol& at = symbol->symbol;
    std::string shown = visible(at.name);
    if (!at.module.empty()) shown = fmt::format("[{}]{}", visible(at.module), shown);
    context.print("{:<{}} {:>6} {:<12} {:<26} {}\n", context.address(at.address), width, symbol->offset,
                  section_of(at.type), shown, arguments.has('f') ? type_of(context, at) : "(unknown)");
  }
  if (found != 0) context.print("{} symbol{} found\n", found, found == 1 ? "" : "s");
  return {};
}

}  // namespace

Result<void> run_symbol(Context& context, const Arguments& arguments) {
  return show(context, arguments, "symbol");
}

Result<void> run_findsym(Context& context, const Arguments& arguments) {
  return show(context, arguments, "findsym");
}

}  // namespace alicia::lcrash

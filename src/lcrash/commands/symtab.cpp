// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {
namespace {

/// The symbols of the kernel or one module, as they come.
struct Table {
  std::string name;
  VirtualAddress first, last;
  std::size_t symbols = 0;
};

bool is_wanted(const Arguments& arguments, const std::string& name) {
  return arguments.words.empty() || std::ranges::find(arguments.words, name) != arguments.words.end();
}

}  // namespace

Result<void> run_symtab(Context& context, const Arguments& arguments) {
  std::vector<Table> tables;
  context.target().for_each_symbol([&](const symbols::Symbol& symbol) {
    const std::string name = symbol.module.empty() ? "vmlinux" : symbol.module;
    if (!is_wanted(arguments, name)) return !context.should_stop();
    if (tables.empty() || tables.back().name != name) tables.push_back({name, symbol.address, symbol.address, 0});
    ++tables.back().symbols;
    tables.back().last = std::max(tables.back().last, symbol.address);
    if (arguments.has('f'))
      context.print("{} {} {}{}\n", context.address(symbol.address), symbol.type, visible(symbol.name),
                    symbol.module.empty() ? "" : fmt::format(" [{}]", visible(symbol.module)));
    return !context.should_stop();
  });
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  for (const std::string& word : arguments.words)
    if (std::ranges::find(tables, word, &Table::name) == tables.end())
      context.complain({ErrorCode::bad_argument, fmt::format("no such symbol table: {}", visible(word)), {}});
  if (arguments.has('f') || tables.empty()) return {};
  const unsigned width = context.address_width();
  context.print("{:<{}} {:<{}} {:>7} {}\n", "FIRST", width, "LAST", width, "SYMBOLS", "NAME");
  for (const Table& table : tables)
    context.print("{} {} {:>7} {}\n", context.address(table.first), context.address(table.last), table.symbols,
                  visible(table.name));
  return {};
}

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {
namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"base", "", "w:", "NUMBER...", "Shows numbers in four bases.", run_base},
    {"dump", "", "doxBHWDpw:", "[-d|-o|-x] [-B|-H|-W|-D] [-p] ADDRESS [COUNT]",
     "Shows memory: COUNT (1) bytes (-B), half words (-H), words of 32 bits (-W, the default) or double words (-D), in "
     "decimal, octal or hexadecimal (the default). The address is virtual, with -p physical.",
     run_dump},
    {"findsym", "fsym", "fw:", "[-f] ADDRESS|SYMBOL...",
     "Shows the symbol that an address belongs to. -f: with its type.", run_findsym},
    {"help", "?", "w:", "[all | COMMAND...]", "Shows all commands, or what one is for.", run_help},
    {"history", "h", "w:", "", "Shows the lines typed; !N runs one again, !! the last.", run_history},
    {"pd", "", "w:", "EXPRESSION", "Prints a C expression's value, numbers in decimal.", run_pd, true},
    {"print", "p", "doxw:", "[-d|-o|-x] EXPRESSION",
     "Prints a C expression's value: casts with or without struct, * & . -> [], sizeof, arithmetic, comparison. A > or "
     "|"
     " has to stand in parentheses.",
     run_print, true},
    {"px", "", "w:", "EXPRESSION", "Prints a C expression's value, numbers in hexadecimal.", run_px, true},
    {"quit", "q", "", "", "Leaves.", run_quit},
    {"sizeof", "", "ow:", "[-o] TYPE|TYPE.MEMBER|EXPRESSION", "Shows a type's size; -o: a member's offset as well.",
     run_sizeof},
    {"symbol", "sym", "fw:", "[-f] SYMBOL|ADDRESS...", "Shows symbols by name or address. -f: with their types.",
     run_symbol},
    {"whatis", "", "w:", "TYPE|SYMBOL|EXPRESSION", "Shows how C declares a type, or what type a thing has.", run_whatis,
     true},
});

}  // namespace

std::span<const Command> all_commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto* found = std::ranges::find_if(
      kCommands, [name](const Command& each) { return each.name == name || (!name.empty() && each.alias == name); });
  return found == kCommands.end() ? nullptr : found;
}

tl::unexpected<Error> usage(std::string_view name) {
  const Command* command = find_command(name);
  return failure(ErrorCode::bad_argument,
                 fmt::format("usage: {}{}{}{}", name, command->letters.ends_with("w:") ? " [-w OUTFILE]" : "",
                             command->synopsis.empty() ? "" : " ", command->synopsis));
}

}  // namespace alicia::lcrash

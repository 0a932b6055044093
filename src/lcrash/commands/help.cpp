// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {
namespace {

void explain(Context& context, const Command& command) {
  context.print("COMMAND: {}{}{}{}{}\n", command.name, command.letters.ends_with("w:") ? " [-w OUTFILE]" : "",
                command.synopsis.empty() ? "" : " ", command.synopsis,
                command.alias.empty() ? "" : fmt::format("   (short: {})", command.alias));
  context.print("    {}\n", command.help);
}

}  // namespace

Result<void> run_help(Context& context, const Arguments& arguments) {
  if (arguments.words.empty()) {
    unsigned column = 0;
    for (const Command& command : all_commands())
      context.print("{:<12}{}", command.name, ++column % 6 == 0 ? "\n" : "");
    for (const auto& [name, file] : context.state().loaded)
      context.print("{:<12}{}", visible(name), ++column % 6 == 0 ? "\n" : "");
    context.write(column % 6 == 0 ? "" : "\n");
    context.write("help COMMAND tells more; `| COMMAND`, `> FILE` and `;` are as in the shell\n");
    return {};
  }
  if (arguments.words.size() == 1 && arguments.words[0] == "all") {
    for (const Command& command : all_commands())
      explain(context, command);
    return {};
  }
  for (const std::string& word : arguments.words) {
    if (const Command* command = find_command(word))
      explain(context, *command);
    else if (const auto loaded = context.state().loaded.find(word); loaded != context.state().loaded.end())
      context.print("COMMAND: {}\n    loaded from {}\n", visible(word), visible(loaded->second));
    else
      context.complain({ErrorCode::no_such_command, fmt::format("no such command: {}", visible(word)), {}});
  }
  return {};
}

Result<void> run_history(Context& context, const Arguments& arguments) {
  if (!arguments.text.empty()) return usage("history");
  unsigned number = 0;
  for (const std::string& line : context.state().history)
    context.print("{:>5}  {}\n", ++number, visible(line));
  return {};
}

Result<void> run_quit(Context& context, const Arguments& arguments) {
  if (!arguments.text.empty()) return usage("quit");
  context.state().finished = true;
  return {};
}

}  // namespace alicia::lcrash

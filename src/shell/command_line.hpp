// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace alicia::shell {

/// The value of a package variable, or nothing.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// A line of commands cut at its first separators.
struct CommandLine {
  std::string_view command;     ///< without the blanks around it
  std::string_view shell_tail;  ///< what goes to /bin/sh, from its `|`, `>` or `>>` on; or empty
  std::string_view rest;        ///< what follows the `;`: a line of its own; or empty
};

/// Cuts `line`: the first `|`, `>` or `>>` outside quotes and parentheses (`->` is none) begins what /bin/sh gets, and
/// `;` ends the command. In the shell's part `;` ends it too, unless sh needs it (`| while read x; do …; done`).
/// Error: bad_argument for a quote or parenthesis left open in the command itself.
Result<CommandLine> cut_command_line(std::string_view line);

/// The command's words, quotes taken off; a parenthesis keeps its blanks. A bare word `$name` becomes that variable.
/// Error: bad_argument where the variable is not defined.
Result<std::vector<std::string>> split_words(std::string_view command, const VariableLookup& variable);

/// The command's text with every bare word `$name` replaced where such a variable is defined: a debugger may have
/// variables of its own.
std::string replace_variables(std::string_view command, const VariableLookup& variable);

std::string_view trimmed(std::string_view text);

}  // namespace alicia::shell

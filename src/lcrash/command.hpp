// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

#include "base/error.hpp"
#include "lcrash/arguments.hpp"
#include "lcrash/context.hpp"

namespace alicia::lcrash {

/// One of lcrash's commands. All take `-w OUTFILE` besides their own options.
struct Command {
  std::string_view name;
  std::string_view alias;     ///< a short name; mostly empty
  std::string_view letters;   ///< its options, as getopt has them
  std::string_view synopsis;  ///< what stands behind the name
  std::string_view help;      ///< a sentence, perhaps more
  Result<void> (*run)(Context& context, const Arguments& arguments) = nullptr;
  bool takes_expression = false;  ///< its text may begin with a dash
};

/// All of them, by name.
std::span<const Command> all_commands();
/// By name or short name; null where there is none.
const Command* find_command(std::string_view name);

/// `usage: dump [-w outfile] …`: what is said of a command called wrongly.
tl::unexpected<Error> usage(std::string_view name);

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace alicia::debugger {

/// What a file is, as whoever can look into it says.
enum class FileRole { dump, kernel, map, other };

/// crash's own arguments, taken apart.
struct CrashArguments {
  std::vector<std::string> arguments;  ///< to be handed to crash
  std::string map, kernel, dump;       ///< as given; empty where there is none
};

/// Finds the files among crash's arguments, in any order, options and their values skipped. `role_of` tells what a file
/// is by its content; a dump's `@ADDRESS` is taken off before it is asked. `hand_on_map` false leaves MAP out of what
/// crash gets: one that KASLR has moved makes crash 8.0.2 leave without a word.
CrashArguments sort_crash_arguments(const std::vector<std::string>& given,
                                    const std::function<FileRole(const std::string& file)>& role_of, bool hand_on_map);

}  // namespace alicia::debugger

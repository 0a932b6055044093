// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"
#include "base/error.hpp"
#include "debugger/crash_arguments.hpp"
#include "target/target.hpp"

namespace alicia::app {

/// True where every word names a folder.
bool are_folders(const std::vector<std::string>& arguments);

/// Looks for a dump in each of these folders and below it. Error: cannot_open for one without.
Result<void> check_dump_folders(const std::vector<std::string>& folders);

/// The files of the bare mode, told apart by content whatever their order. Several dumps are the parts of a split one.
/// Errors: cannot_open; wrong_format for a file that is nothing Alicia reads, and where no dump is among them.
Result<target::Files> sort_files(const std::vector<std::string>& arguments);

/// The files among lcrash's own arguments: its options, and what stands behind those that take a word, left out.
std::vector<std::string> lcrash_files(const std::vector<std::string>& arguments);

/// What a file is to crash.
debugger::FileRole file_role(const std::string& file);

/// The files among crash's own arguments; what is no file Alicia reads is crash's matter.
target::Files sort_crash_files(const std::vector<std::string>& arguments);

}  // namespace alicia::app

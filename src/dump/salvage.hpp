// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "dump/header_fields.hpp"

namespace alicia::dump {

/// What can be had of a dump file that nothing opens as a kernel.
struct Salvage {
  std::string kind;         ///< what the file is: `a kdump-compressed dump`
  std::uint64_t bytes = 0;  ///< its size
  std::vector<HeaderField> header;
  std::string vmcoreinfo;        ///< VMCOREINFO's text, wherever it was found; empty where it was not
  std::string found_by;          ///< how its pages were found
  std::uint64_t pages = 0;       ///< looked at
  std::uint64_t unreadable = 0;  ///< that are in the file and damaged
  bool complete = true;          ///< false where there were more than can be looked at
  std::vector<std::string> log;  ///< records of the kernel's log, the oldest first
};

/// Reads the file and its pages in whatever way is left; of large dumps the first four gigabytes. Errors: cannot_open,
/// page_unreadable, interrupted.
Result<Salvage> salvage(const std::filesystem::path& file, const Cancellation& cancellation);

}  // namespace alicia::dump

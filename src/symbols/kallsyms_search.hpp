// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/kallsyms.hpp"

namespace alicia::symbols {

/// Where to look for the tables.
struct KallsymsSearchArea {
  VirtualAddress begin;   ///< of the kernel's image, or less
  VirtualAddress middle;  ///< an address behind its read-only data where that is known, else the end
  VirtualAddress end;
  unsigned word_bytes = 8;  ///< 4 on 32-bit kernels
};

/// Finds the tables of kallsyms by their structure, for kernels (before 6.0) whose VMCOREINFO doesn't name them.
/// @param accept tries a location and says whether it is the right one, which ends the search
/// Errors: no_such_symbol where nothing acceptable is found; interrupted.
Result<void> find_kallsyms(const MemoryReader& memory, const KallsymsSearchArea& area,
                           const std::function<bool(const KallsymsLocation&)>& accept,
                           const Cancellation& cancellation);

}  // namespace alicia::symbols

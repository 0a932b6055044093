// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "dump/dump.hpp"

namespace alicia::target {

/// Whether the text is as the kernel wrote it as far as one can see: lines of printable characters, and some of them.
bool is_whole_vmcoreinfo(std::string_view text);

/// The kernel's own copies of VMCOREINFO, found in the dump's memory: for files that have lost theirs.
std::vector<std::string> find_vmcoreinfo(const dump::Dump& dump, const Cancellation& cancellation);

}  // namespace alicia::target

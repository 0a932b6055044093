// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "dump/dump.hpp"
#include "symbols/symbol_source.hpp"

namespace alicia::target {

/// The text of VMCOREINFO for a dump without it: the kernel's own, read from its memory, or what of it follows from its
/// symbols. @param linked the kernel's symbols where they were linked to lie: System.map, not moved
/// Errors: no_such_symbol, where `linked` lacks linux_banner or the page tables; corrupt, where the kernel is not to be
/// found in the dump; not_supported (neither x86_64 nor i386); interrupted.
Result<std::string> recover_vmcoreinfo(const dump::Dump& dump, const symbols::SymbolSource& linked,
                                       const Cancellation& cancellation);

}  // namespace alicia::target

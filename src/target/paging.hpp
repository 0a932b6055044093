// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "arch/translator.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "dump/dump.hpp"
#include "target/vmcoreinfo.hpp"

namespace alicia::target {

/// What the dumped kernel was built for: what the file says, else what VMCOREINFO lets guess. A 32-bit kernel on a
/// 64-bit machine is i386.
dump::Architecture kernel_architecture(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo);

/// The translator of the dumped kernel's addresses, from what VMCOREINFO says of its page tables.
/// Errors: wrong_architecture; corrupt (VMCOREINFO lacks what is needed); that of reading the top table.
Result<std::unique_ptr<arch::Translator>> make_translator(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo,
                                                          const Cancellation& cancellation);

}  // namespace alicia::target

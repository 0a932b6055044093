// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/kallsyms.hpp"
#include "target/vmcoreinfo.hpp"

namespace alicia::target {

/// kallsyms at the addresses VMCOREINFO names (kernels ≥ 6.0), else where a search of the kernel's image finds it;
/// proved by symbols VMCOREINFO names too. @param word_bytes of a pointer Errors: no_such_symbol where it isn't found;
/// interrupted; those of Kallsyms::read.
Result<std::unique_ptr<symbols::Kallsyms>> read_kallsyms(const MemoryReader& memory, const Vmcoreinfo& vmcoreinfo,
                                                         unsigned word_bytes, const Cancellation& cancellation);

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/kallsyms.hpp"
#include "target/vmcoreinfo.hpp"

namespace alicia::target {

/// kallsyms at the addresses VMCOREINFO names (kernels ≥ 6.0), proved by symbols VMCOREINFO names too.
/// Errors: no_such_symbol where VMCOREINFO doesn't name them; those of Kallsyms::read.
Result<std::unique_ptr<symbols::Kallsyms>> read_kallsyms(const MemoryReader& memory, const Vmcoreinfo& vmcoreinfo);

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "arch/x86_64/registers.hpp"
#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// A CPU's registers as it saved them when the kernel stopped.
struct CpuRegisters {
  arch::x86_64::Registers registers;
  std::string source;  ///< `crash_notes` of the kernel's memory, or `NT_PRSTATUS 2` of the file
};

/// Finds the registers of `cpu`: in the kernel's own crash_notes, which are per CPU; else among the file's notes, which
/// do not say whose they are: the one in the CPU's place first, then any. @param belongs tells registers that this CPU
/// can have had. Error: no_memory_there where there are none.
Result<CpuRegisters> find_registers(Target& target, unsigned cpu,
                                    const std::function<bool(const arch::x86_64::Registers&)>& belongs);

}  // namespace alicia::target

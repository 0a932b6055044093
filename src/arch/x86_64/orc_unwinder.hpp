// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "arch/x86_64/orc_tables.hpp"
#include "arch/x86_64/registers.hpp"
#include "arch/x86_64/stack_frame.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch::x86_64 {

/// What a return address was before a tracer put its own trampoline there.
struct OriginalReturn {
  VirtualAddress address;
  std::string trampoline;  ///< name of what stands on the stack
};

/// What an unwinder asks about code.
class CodeKnowledge {
 public:
  virtual ~CodeKnowledge() = default;
  /// True for addresses of the kernel's, a module's or generated code.
  virtual bool is_code(VirtualAddress address) const = 0;
  /// True for generated code that keeps frame pointers (BPF programs).
  virtual bool keeps_frame_pointers(VirtualAddress address) const = 0;
  /// Where the function begins that the address belongs to.
  virtual std::optional<VirtualAddress> function_start(VirtualAddress address) const = 0;
  /// The return address that a tracer took from the stack at `slot`, where `found` is a tracer's trampoline. Nothing
  /// where `found` is none, or what it replaced is not known.
  virtual std::optional<OriginalReturn> original_return(VirtualAddress found, VirtualAddress slot) const = 0;
};

/// Where a trace begins.
struct StartingPoint {
  Registers registers;  ///< ip and sp at least
  /// The instruction pointer is that of an instruction to be executed, not the one behind a call.
  bool exact = false;
  bool from_processor = false;  ///< the registers are a processor's, to be shown
};

/// Steps from frame to frame by ORC.
class OrcUnwinder {
 public:
  /// All borrowed.
  OrcUnwinder(const MemoryReader& memory, const OrcTables& tables, const CodeKnowledge& code)
      : memory_(memory), tables_(tables), code_(code) {}

  /// The trace over `stacks`, to user mode or the end of a kernel thread's stack. Where it can't be followed that far,
  /// its `problem` says why, and the return addresses that lie further up on the stack follow as guesses.
  StackTrace unwind(const StartingPoint& start, std::span<const Stack> stacks) const;

 private:
  const MemoryReader& memory_;
  const OrcTables& tables_;
  const CodeKnowledge& code_;
};

}  // namespace alicia::arch::x86_64

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arch/x86_64/registers.hpp"
#include "base/address.hpp"

namespace alicia::arch::x86_64 {

/// One of the stacks that a trace may run over.
struct Stack {
  std::string name;  ///< `task`, `IRQ`, `NMI` …
  VirtualAddress begin;
  VirtualAddress end;

  bool contains(VirtualAddress address) const { return begin <= address && address < end; }
};

enum class FrameKind : std::uint8_t {
  start,        ///< where the trace begins: the processor's registers, or what a task left when it went to sleep
  call,         ///< a return address
  interrupted,  ///< registers that an exception or interrupt saved
  user,         ///< registers of user mode: the end
  guess,        ///< a return address found on the stack, whose place in the trace nothing proves
};

struct StackFrame {
  FrameKind kind = FrameKind::call;
  VirtualAddress pc;
  VirtualAddress sp;                   ///< the frame's own stack pointer
  VirtualAddress slot;                 ///< where on the stack `pc` was found; for the first frame the stack pointer
  bool is_return_address = true;       ///< of the instruction behind a call, not of one interrupted
  std::string stack;                   ///< name of the stack it lies on; empty for user mode
  std::string via;                     ///< the trampoline that stands on the stack in place of `pc`; mostly empty
  std::optional<Registers> registers;  ///< kinds interrupted, user and (from a processor) start
};

/// A trace, as far as it could be followed.
struct StackTrace {
  std::vector<StackFrame> frames;
  std::string problem;  ///< why it ends before its end; empty where it does not
};

}  // namespace alicia::arch::x86_64

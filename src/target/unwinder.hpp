// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arch/x86_64/stack_frame.hpp"
#include "target/code_map.hpp"
#include "target/cpu_registers.hpp"
#include "target/target.hpp"
#include "target/task_stacks.hpp"

namespace alicia::target {

/// A task's trace.
struct TaskTrace {
  arch::x86_64::StackTrace trace;
  std::optional<unsigned> cpu;   ///< which runs the task
  std::string registers_source;  ///< where the registers of a running task were found
};

/// A word on a stack that is an address of code.
struct StackText {
  VirtualAddress slot;
  VirtualAddress value;
  std::string stack;
};

/// What looks like saved registers on a stack.
struct SavedRegisters {
  VirtualAddress address;
  arch::x86_64::Registers registers;
};

/// Stack traces of one kernel's tasks. Used by one thread at a time.
class Unwinder {
 public:
  /// Error: not_supported where the kernel is not x86_64, or has no ORC tables.
  static Result<std::unique_ptr<Unwinder>> create(Target& target);
  ~Unwinder();

  /// @param task address of its task_struct. Errors: those of reading the task. What goes wrong further up the stack is
  /// the trace's `problem`.
  Result<TaskTrace> unwind(VirtualAddress task) const;
  /// The same, as if the task stood where `registers` (ip and sp, perhaps bp) say.
  Result<TaskTrace> unwind_from(VirtualAddress task, const arch::x86_64::Registers& registers) const;
  /// As find_registers().
  Result<CpuRegisters> registers(unsigned cpu) const;
  Result<VirtualAddress> current_task(unsigned cpu) const { return stacks_.current_task(cpu); }
  /// The addresses of code on a task's stacks, from where the task stands.
  Result<std::vector<StackText>> text_on_stack(VirtualAddress task) const;
  /// What looks like registers saved by interrupts, exceptions and system calls, from where the task stands.
  Result<std::vector<SavedRegisters>> saved_registers(VirtualAddress task) const;
  const CodeMap& code() const { return *code_; }

 private:
  explicit Unwinder(Target& target);
  Result<arch::x86_64::Registers> sleeping_registers(VirtualAddress task) const;
  /// The stacks of a task and of the CPU it runs on, each from where it was in use.
  Result<std::vector<arch::x86_64::Stack>> used_stacks(VirtualAddress task) const;
  std::vector<arch::x86_64::Stack> stacks_for(const arch::x86_64::Stack& own, std::optional<unsigned> cpu) const;

  Target& target_;
  TaskStacks stacks_;
  std::unique_ptr<CodeMap> code_;
  std::unique_ptr<arch::x86_64::OrcTables> tables_;
};

}  // namespace alicia::target

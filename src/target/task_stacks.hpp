// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "arch/x86_64/stack_frame.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// Knows where stacks lie.
class TaskStacks {
 public:
  explicit TaskStacks(Target& target);

  /// The task that a CPU runs. Errors: no_such_symbol, those of reading.
  Result<VirtualAddress> current_task(unsigned cpu) const;
  /// The CPU that runs the task, if one does.
  std::optional<unsigned> running_on(VirtualAddress task) const;
  /// A task's own stack. Errors: those of reading; corrupt where it has none.
  Result<arch::x86_64::Stack> of_task(VirtualAddress task) const;
  /// The stacks a CPU changes to for interrupts and exceptions, as far as they are found.
  std::vector<arch::x86_64::Stack> of_cpu(unsigned cpu) const;

 private:
  void add_irq_stack(unsigned cpu, std::vector<arch::x86_64::Stack>& stacks) const;
  void add_exception_stacks(unsigned cpu, std::vector<arch::x86_64::Stack>& stacks) const;
  void add_entry_stack(unsigned cpu, std::vector<arch::x86_64::Stack>& stacks) const;
  /// The number or pointer at a per-CPU symbol, or at a member of the per-CPU struct pcpu_hot.
  Result<VirtualAddress> per_cpu_word(unsigned cpu, std::string_view symbol, std::string_view hot_member) const;
  Result<VirtualAddress> pointer(VirtualAddress address) const;
  std::uint64_t common_size() const;

  Target& target_;
  std::uint64_t common_size_ = 0;
};

}  // namespace alicia::target

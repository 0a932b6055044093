// SPDX-License-Identifier: GPL-3.0-or-later
//
// The stacks of x86_64. Every task has one. A CPU has one for interrupts, and one for each exception that must not
// trust the stack it interrupts (double fault, NMI, debug, machine check, VMM communication): these lie in its CPU
// entry area, as does the small stack on which it enters from user mode.
#include "target/task_stacks.hpp"

#include <fmt/format.h>

#include <array>

#include "base/page.hpp"
#include "target/layout.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

using arch::x86_64::Stack;

constexpr std::uint64_t most_stack_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t usual_stack_bytes = 16384;

struct ExceptionStack {
  std::string_view member;
  std::string_view name;
};
constexpr std::array<ExceptionStack, 6> exception_stacks{{{"DF_stack", "DOUBLEFAULT"},
                                                          {"NMI_stack", "NMI"},
                                                          {"DB_stack", "DEBUG"},
                                                          {"MCE_stack", "MCE"},
                                                          {"VC_stack", "VC"},
                                                          {"VC2_stack", "VC2"}}};

}  // namespace

TaskStacks::TaskStacks(Target& target) : target_(target), common_size_(common_size()) {}

std::uint64_t TaskStacks::common_size() const {
  struct Bounds {
    std::string_view begin, end;
  };
  for (const Bounds& bounds :
       {Bounds{"__start_init_stack", "__end_init_stack"}, Bounds{"__start_init_task", "__end_init_task"}}) {
    const auto begin = target_.symbol(bounds.begin);
    const auto end = target_.symbol(bounds.end);
    if (!begin || !end || end->address <= begin->address) continue;
    const std::uint64_t size = end->address - begin->address;
    if (size % page_bytes == 0 && size <= most_stack_bytes) return size;
  }
  return usual_stack_bytes;
}

Result<VirtualAddress> TaskStacks::pointer(VirtualAddress address) const {
  return types::read_pointer(target_.memory(), target_.types(), address);
}

Result<VirtualAddress> TaskStacks::per_cpu_word(unsigned cpu, std::string_view symbol,
                                                std::string_view hot_member) const {
  const auto offset = target_.per_cpu_offset(cpu);
  if (!offset) return failure(offset);
  const auto variable = target_.symbol(symbol);
  if (variable) return pointer(variable->address + *offset);
  const auto hot = target_.symbol("pcpu_hot");
  const auto layout = Layout::of(target_.types(), "struct pcpu_hot");
  if (!hot || !layout) return failure(variable);
  const auto member = layout->slot(hot_member);
  if (!member) return failure(member);
  return pointer(hot->address + *offset + member->offset);
}

Result<VirtualAddress> TaskStacks::current_task(unsigned cpu) const {
  return per_cpu_word(cpu, "current_task", "current_task");
}

std::optional<unsigned> TaskStacks::running_on(VirtualAddress task) const {
  for (const unsigned cpu : target_.online_cpus())
    if (const auto current = current_task(cpu); current && *current == task) return cpu;
  return std::nullopt;
}

Result<Stack> TaskStacks::of_task(VirtualAddress task) const {
  const auto layout = Layout::of(target_.types(), "struct task_struct");
  if (!layout) return failure(layout);
  const auto member = layout->slot("stack");
  if (!member) return failure(member);
  const auto begin = pointer(task + member->offset);
  if (!begin) return failure(begin);
  if (begin->value == 0) return failure(ErrorCode::corrupt, "the task has no stack any more", task.value);
  std::uint64_t size = common_size_;
  const auto area_member = layout->slot("stack_vm_area");
  const auto area_layout = Layout::of(target_.types(), "struct vm_struct");
  if (area_member && area_layout) {
    const auto area = pointer(task + area_member->offset);
    const auto pages = area_layout->slot("nr_pages");
    std::array<std::byte, 4> bytes{};
    if (area && area->value != 0 && pages && target_.memory().read(*area + pages->offset, bytes)) {
      const std::uint64_t said = Slot{0, 4}.in(bytes)*page_bytes;
      if (said >= page_bytes && said <= most_stack_bytes) size = said;
    }
  }
  return Stack{"task", *begin, *begin + size};
}

std::vector<Stack> TaskStacks::of_cpu(unsigned cpu) const {
  std::vector<Stack> stacks;
  add_irq_stack(cpu, stacks);
  add_exception_stacks(cpu, stacks);
  add_entry_stack(cpu, stacks);
  return stacks;
}

void TaskStacks::add_irq_stack(unsigned cpu, std::vector<Stack>& stacks) const {
  const auto layout = Layout::of(target_.types(), "struct irq_stack");
  const auto top = per_cpu_word(cpu, "hardirq_stack_ptr", "hardirq_stack_ptr");
  if (!top || top->value == 0) return;
  const std::uint64_t size = layout ? layout->size() : usual_stack_bytes;
  // The pointer is to the topmost word, or behind it.
  const VirtualAddress end{(top->value + page_bytes - 1) & ~(page_bytes - 1)};
  stacks.push_back({"IRQ", end - size, end});
}

void TaskStacks::add_exception_stacks(unsigned cpu, std::vector<Stack>& stacks) const {
  const auto layout = Layout::of(target_.types(), "struct cea_exception_stacks");
  const auto area = per_cpu_word(cpu, "cea_exception_stacks", "cea_exception_stacks");
  if (!layout || !area || area->value == 0) return;
  for (const ExceptionStack& stack : exception_stacks) {
    const auto field = layout->field(stack.member);
    if (!field) continue;
    const auto size = target_.types().size_of(field->type);
    if (!size || *size == 0) continue;
    const VirtualAddress begin = *area + field->bit_offset / 8;
    stacks.push_back({std::string(stack.name), begin, begin + *size});
  }
}

void TaskStacks::add_entry_stack(unsigned cpu, std::vector<Stack>& stacks) const {
  const auto tss = target_.symbol("cpu_tss_rw");
  const auto offset = target_.per_cpu_offset(cpu);
  const auto layout = Layout::of(target_.types(), "struct tss_struct");
  const auto stack = Layout::of(target_.types(), "struct entry_stack");
  if (!tss || !offset || !layout || !stack) return;
  const auto member = layout->slot("x86_tss.sp0");
  if (!member) return;
  const auto top = pointer(tss->address + *offset + member->offset);
  if (top && top->value > stack->size()) stacks.push_back({"ENTRY", *top - stack->size(), *top});
}

}  // namespace alicia::target

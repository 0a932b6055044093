// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/unwinder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "arch/x86_64/orc_unwinder.hpp"
#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "target/orc_sources.hpp"
#include "target/replaced_returns.hpp"
#include "types/value.hpp"

namespace alicia::target {

using namespace arch::x86_64;

Unwinder::Unwinder(Target& target) : target_(target), stacks_(target) {}
Unwinder::~Unwinder() = default;

Result<std::unique_ptr<Unwinder>> Unwinder::create(Target& target) {
  const dump::Architecture architecture = target.architecture();
  if (architecture != dump::Architecture::x86_64)
    return failure(ErrorCode::not_supported,
                   fmt::format("stacks of {} kernels cannot be unwound", dump::architecture_name(architecture)));
  std::unique_ptr<Unwinder> unwinder(new Unwinder(target));
  unwinder->code_ = std::make_unique<CodeMap>(target);
  auto tables = find_orc_tables(target, *unwinder->code_);
  if (!tables)
    return failure(ErrorCode::not_supported, fmt::format("cannot unwind stacks: {}", tables.error().message));
  unwinder->tables_ = std::move(*tables);
  return unwinder;
}

std::vector<Stack> Unwinder::stacks_for(const Stack& own, std::optional<unsigned> cpu) const {
  std::vector<Stack> stacks{own};
  if (!cpu) return stacks;
  for (Stack& stack : stacks_.of_cpu(*cpu))
    stacks.push_back(std::move(stack));
  return stacks;
}

Result<CpuRegisters> Unwinder::registers(unsigned cpu) const {
  if (auto offset = target_.per_cpu_offset(cpu); !offset) return failure(std::move(offset));
  std::vector<Stack> stacks = stacks_.of_cpu(cpu);
  const auto task = stacks_.current_task(cpu);
  if (const auto own = task ? stacks_.of_task(*task) : Result<Stack>(failure(task))) stacks.push_back(*own);
  return find_registers(target_, cpu, [&](const Registers& registers) {
    return registers.is_user_mode() ||
           std::ranges::any_of(stacks, [&](const Stack& stack) { return stack.contains(registers.sp()); });
  });
}

// What __switch_to_asm pushed lies at thread.sp: a struct inactive_task_frame.
Result<Registers> Unwinder::sleeping_registers(VirtualAddress task) const {
  const auto layout = Layout::of(target_.types(), "struct task_struct");
  if (!layout) return failure(layout);
  const auto saved = layout->slot("thread.sp");
  if (!saved) return failure(saved);
  const auto frame = Layout::of(target_.types(), "struct inactive_task_frame");
  if (!frame) return failure(frame);
  const auto bp = frame->slot("bp");
  if (!bp) return failure(bp);
  const auto ip = frame->slot("ret_addr");
  if (!ip) return failure(ip);
  const auto sp = types::read_pointer(target_.memory(), target_.types(), task + saved->offset);
  if (!sp) return failure(sp);
  std::vector<std::byte> bytes(std::min<std::uint64_t>(frame->size(), 4096));
  if (auto read = target_.memory().read(*sp, bytes); !read) return failure(std::move(read));
  Registers registers;
  registers.set(Register::ip, ip->in(bytes));
  registers.set(Register::bp, bp->in(bytes));
  registers.set(Register::sp, sp->value + bytes.size());
  return registers;
}

Result<TaskTrace> Unwinder::unwind(VirtualAddress task) const {
  const auto own = stacks_.of_task(task);
  if (!own) return failure(own);
  TaskTrace result;
  result.cpu = stacks_.running_on(task);
  StartingPoint start;
  if (result.cpu) {
    auto found = registers(*result.cpu);
    if (!found) {
      result.trace.problem = found.error().message;
      return result;
    }
    start = {found->registers, true, true};
    result.registers_source = found->source;
  } else {
    const auto saved = sleeping_registers(task);
    if (!saved) return failure(saved);
    // A task that never ran begins where fork left it: no call leads there.
    const auto name = code_->name(saved->ip(), false);
    start = {*saved, name && name->symbol.name.starts_with("ret_from_fork") && name->offset == 0, false};
  }
  const ReplacedReturns replaced(target_, *code_, task);
  result.trace = OrcUnwinder(target_.memory(), *tables_, replaced).unwind(start, stacks_for(*own, result.cpu));
  return result;
}

Result<TaskTrace> Unwinder::unwind_from(VirtualAddress task, const Registers& registers) const {
  const auto own = stacks_.of_task(task);
  if (!own) return failure(own);
  TaskTrace result;
  result.cpu = stacks_.running_on(task);
  const ReplacedReturns replaced(target_, *code_, task);
  result.trace =
      OrcUnwinder(target_.memory(), *tables_, replaced).unwind({registers, true, false}, stacks_for(*own, result.cpu));
  return result;
}

Result<std::vector<Stack>> Unwinder::used_stacks(VirtualAddress task) const {
  const auto own = stacks_.of_task(task);
  if (!own) return failure(own);
  const auto traced = unwind(task);
  if (!traced) return failure(traced);
  std::vector<Stack> used;
  for (Stack stack : stacks_for(*own, traced->cpu)) {
    std::optional<VirtualAddress> lowest;
    for (const StackFrame& frame : traced->trace.frames)
      if (frame.stack == stack.name && (!lowest || frame.slot < *lowest)) lowest = frame.slot;
    if (!lowest && stack.name != "task") continue;
    if (lowest && stack.contains(*lowest)) stack.begin = *lowest;
    used.push_back(std::move(stack));
  }
  // In the order in which they were used, the last first.
  std::ranges::stable_partition(used, [](const Stack& stack) { return stack.name != "task"; });
  return used;
}

Result<std::vector<StackText>> Unwinder::text_on_stack(VirtualAddress task) const {
  const auto stacks = used_stacks(task);
  if (!stacks) return failure(stacks);
  std::vector<StackText> found;
  std::array<std::byte, 8> bytes{};
  for (const Stack& stack : *stacks)
    for (VirtualAddress at{(stack.begin.value + 7) & ~std::uint64_t{7}}; at < stack.end; at = at + 8) {
      if (!target_.memory().read(at, bytes)) continue;
      const VirtualAddress value{load<std::uint64_t>(bytes)};
      if (code_->is_code(value)) found.push_back({at, value, stack.name});
    }
  return found;
}

namespace {

constexpr std::uint64_t kernel_cs = 0x10, kernel_ss = 0x18, user_cs = 0x33, user_ss = 0x2b;
constexpr std::uint64_t flags_always = 0x2, flags_never = 0xffffffffffc08028;

bool look_like_registers(const Registers& registers, const CodeMap& code) {
  const std::uint64_t cs = registers.get(Register::cs).value_or(0) & 0xffff;
  const std::uint64_t ss = registers.get(Register::ss).value_or(1) & 0xffff;
  const std::uint64_t flags = registers.get(Register::flags).value_or(0);
  if ((flags & flags_always) == 0 || (flags & flags_never) != 0) return false;
  if (cs == user_cs) return ss == user_ss && registers.ip().value >> 47 == 0 && registers.sp().value >> 47 == 0;
  return cs == kernel_cs && (ss == kernel_ss || ss == 0) && code.is_code(registers.ip()) &&
         registers.sp().value >> 47 == 0x1ffff;
}

}  // namespace

Result<std::vector<SavedRegisters>> Unwinder::saved_registers(VirtualAddress task) const {
  const auto stacks = used_stacks(task);
  if (!stacks) return failure(stacks);
  std::vector<SavedRegisters> found;
  std::array<std::byte, pt_regs_bytes> bytes{};
  for (const Stack& stack : *stacks)
    for (VirtualAddress at{(stack.begin.value + 7) & ~std::uint64_t{7}}; at + pt_regs_bytes <= stack.end; at = at + 8) {
      if (!target_.memory().read(at, bytes)) continue;
      const Registers registers = Registers::from_pt_regs(bytes);
      if (look_like_registers(registers, *code_)) found.push_back({at, registers});
    }
  return found;
}

}  // namespace alicia::target

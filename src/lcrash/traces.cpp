// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/traces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "lcrash/record.hpp"
#include "lcrash/tasks.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::size_t kMostFrames = 500;
constexpr std::uint64_t kMostStack = 65536;

}  // namespace

Traces::Traces(target::Target& target) : target_(target), code_(target), stacks_(target) {
  if (auto unwinder = target::Unwinder::create(target)) unwinder_ = std::move(*unwinder);
}

std::string Traces::name(const TraceLine& line) const {
  const auto symbol = code_.name(line.pc, line.is_return_address);
  if (!symbol) return "<unknown>";
  const std::string module = symbol->symbol.module.empty() ? "" : fmt::format("[{}]", symbol->symbol.module);
  return visible(fmt::format("{}{}+{}", module, symbol->symbol.name, symbol->offset));
}

Trace Traces::of_frames(const target::TaskTrace& unwound) {
  Trace trace;
  trace.problem = unwound.trace.problem;
  for (const auto& frame : unwound.trace.frames) {
    if (frame.kind == arch::x86_64::FrameKind::user) break;
    trace.lines.push_back(
        {frame.pc, frame.slot, frame.is_return_address, frame.kind == arch::x86_64::FrameKind::guess});
  }
  return trace;
}

Result<Trace> Traces::of(VirtualAddress task) const {
  return unwinder_ ? unwinder_->unwind(task).map(of_frames) : asleep(task);
}

Result<Trace> Traces::asleep(VirtualAddress task) const {
  const auto saved = sleeping(task);
  if (!saved) return failure(saved);
  if (target_.architecture() != dump::Architecture::aarch64) return scan(task, saved->sp);
  auto trace = by_frame_pointers(task, *saved);
  if (trace && stacks_.running_on(task)) trace->problem = "the task runs on a CPU: this is where it slept last";
  return trace;
}

Result<Trace> Traces::from(VirtualAddress task, VirtualAddress pc, VirtualAddress sp, VirtualAddress fp) const {
  if (unwinder_) {
    arch::x86_64::Registers registers;
    registers.set(arch::x86_64::Register::ip, pc.value);
    registers.set(arch::x86_64::Register::sp, sp.value);
    if (fp.value != 0) registers.set(arch::x86_64::Register::bp, fp.value);
    return unwinder_->unwind_from(task, registers).map(of_frames);
  }
  if (target_.architecture() == dump::Architecture::aarch64) {
    auto trace = by_frame_pointers(task, {sp, fp, pc});
    if (trace) trace->lines.front().is_return_address = false;
    return trace;
  }
  auto trace = scan(task, sp);
  if (trace) trace->lines.insert(trace->lines.begin(), {pc, sp, false, false});
  return trace;
}

Result<VirtualAddress> Traces::task_with_stack(VirtualAddress sp, const Cancellation& cancellation) const {
  const auto holds = [sp](const arch::x86_64::Stack& stack) { return stack.contains(sp); };
  const auto list = list_tasks(target_, cancellation);
  if (!list) return failure(list);
  for (const VirtualAddress task : list->tasks)
    if (const auto own = stacks_.of_task(task); own && holds(*own)) return task;
  for (unsigned cpu = 0; cpu < target_.possible_cpus(); ++cpu) {
    const auto current = running_task(target_, cpu);
    if (!current) continue;
    if (std::ranges::any_of(stacks_.of_cpu(cpu), holds)) return *current;
    if (const auto own = stacks_.of_task(*current); own && holds(*own)) return *current;  // an idle task, in no list
  }
  return failure(ErrorCode::bad_argument, fmt::format("{:#x} lies on no task's stack", sp.value));
}

Result<Trace> Traces::code_on_stack(VirtualAddress task) const {
  if (!unwinder_) {
    const auto saved = sleeping(task);
    return saved ? scan(task, saved->sp) : Result<Trace>(failure(saved));
  }
  const auto words = unwinder_->text_on_stack(task);
  if (!words) return failure(words);
  Trace trace;
  for (const target::StackText& word : *words)
    trace.lines.push_back({word.value, word.slot, true, true});
  return trace;
}

Result<Traces::Sleeping> Traces::sleeping(VirtualAddress task) const {
  const auto record = Record::at(target_, "struct task_struct", task);
  if (!record) return failure(record);
  const auto sp = record->number({"thread.sp", "thread.cpu_context.sp", "thread.esp", "thread.rsp"});
  if (!sp) return failure(sp);
  const auto fp = record->number({"thread.cpu_context.fp"});
  const auto pc = record->number({"thread.cpu_context.pc"});
  return Sleeping{VirtualAddress{*sp}, VirtualAddress{fp.value_or(0)}, VirtualAddress{pc.value_or(0)}};
}

/// x29 points to the caller's x29 and the return address, up to a record of zeros where the kernel was entered.
Result<Trace> Traces::by_frame_pointers(VirtualAddress task, const Sleeping& from) const {
  const auto stack = stacks_.of_task(task);
  if (!stack) return failure(stack);
  Trace trace;
  trace.lines.push_back({from.pc, from.sp, true, false});
  VirtualAddress record = from.fp;
  for (VirtualAddress least = stack->begin; trace.lines.size() < kMostFrames;) {
    if (record.value % 8 != 0 || record < least || !stack->contains(record) || stack->end - record < 16) break;
    std::array<std::uint64_t, 2> words{};
    if (const auto read = target_.memory().read(record, std::as_writable_bytes(std::span(words))); !read) {
      trace.problem = read.error().message;
      break;
    }
    if (words[1] == 0) break;
    trace.lines.push_back({VirtualAddress{words[1]}, record + 8, true, false});
    least = record + 16;
    record = VirtualAddress{words[0]};
  }
  return trace;
}

Result<Trace> Traces::scan(VirtualAddress task, VirtualAddress sp) const {
  const auto stack = stacks_.of_task(task);
  if (!stack) return failure(stack);
  const std::size_t word = target_.pointer_bytes();
  Trace trace;
  if (!stack->contains(sp)) {
    trace.problem = fmt::format("its stack pointer {:#x} is not on its stack", sp.value);
    return trace;
  }
  const VirtualAddress from{sp.value / word * word};
  std::vector<std::byte> bytes(std::min(stack->end - from, kMostStack));
  if (auto read = target_.memory().read(from, bytes); !read) return failure(std::move(read));
  for (std::size_t at = 0; at + word <= bytes.size(); at += word) {
    const VirtualAddress value{word == 4 ? load<std::uint32_t>(bytes, at) : load<std::uint64_t>(bytes, at)};
    if (!code_.is_code(value)) continue;
    // A return address is never a function's first byte.
    if (const auto symbol = code_.name(value, false); symbol && symbol->offset != 0)
      trace.lines.push_back({value, from + at, true, true});
  }
  return trace;
}

}  // namespace alicia::lcrash

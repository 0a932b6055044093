// SPDX-License-Identifier: GPL-3.0-or-later
//
// Dumps that a kernel writes of itself have no CR3: NT_PRSTATUS holds what a program could see. QEMU's
// dump-guest-memory adds a note `QEMU` for each CPU, in their order: version (1) and size as u32, 18 registers as u64
// (rax to r15, rip, rflags), ten segments of 24 bytes, cr0 to cr4, and later kernel_gs_base (target/i386/arch_dump.c).
// Without it the task on the CPU tells: whose memory a kernel thread borrowed is its active_mm.
#include "target/cpu_page_tables.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "target/user_memory.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

constexpr std::size_t register_bytes = 8;
constexpr std::size_t control_registers = 8 + 18 * register_bytes + 240;
constexpr std::uint64_t cr4_pae = 1U << 5U;

std::optional<PhysicalAddress> from_qemu(const Target& target, unsigned cpu) {
  if (target.architecture() != dump::Architecture::x86_64 && target.architecture() != dump::Architecture::i386)
    return std::nullopt;
  for (const dump::Note& note : target.dump().info().notes) {
    if (note.name != "QEMU") continue;
    if (cpu-- != 0) continue;
    if (!fits(control_registers, 5 * register_bytes, note.content.size()) || load<std::uint32_t>(note.content, 0) != 1)
      return std::nullopt;
    const auto cr3 = load<std::uint64_t>(note.content, control_registers + 3 * register_bytes);
    const auto cr4 = load<std::uint64_t>(note.content, control_registers + 4 * register_bytes);
    // The four entries of PAE's top table may lie anywhere on 32 bytes.
    const bool small = target.architecture() == dump::Architecture::i386 && (cr4 & cr4_pae) != 0;
    constexpr std::uint64_t widest = (std::uint64_t{1} << 52U) - 1;
    return PhysicalAddress{cr3 & widest & ~std::uint64_t{small ? 0x1fU : 0xfffU}};
  }
  return std::nullopt;
}

Result<VirtualAddress> running_task(Target& target, unsigned cpu) {
  const auto queues = target.symbol("runqueues");
  if (!queues) return failure(queues);
  const auto offset = target.per_cpu_offset(cpu);
  if (!offset) return failure(offset);
  const auto layout = Layout::of(target.types(), "struct rq");
  if (!layout) return failure(layout);
  const auto current = layout->slot("curr");
  if (!current) return failure(current);
  return types::read_pointer(target.memory(), target.types(), queues->address + *offset + current->offset);
}

}  // namespace

Result<CpuPageTables> cpu_page_tables(Target& target, unsigned cpu) {
  if (cpu >= target.possible_cpus()) return failure(ErrorCode::bad_argument, fmt::format("there is no CPU {}", cpu));
  if (const auto root = from_qemu(target, cpu)) return CpuPageTables{*root, "CR3"};
  const auto task = running_task(target, cpu);
  if (!task) return failure(task);
  const auto root = page_tables_of(target, *task, "active_mm");
  if (!root) return failure(root);
  return CpuPageTables{*root, "active_mm"};
}

}  // namespace alicia::target

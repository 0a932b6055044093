// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/cpu_registers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

using arch::x86_64::pt_regs_bytes;
using arch::x86_64::Registers;

constexpr std::uint32_t prstatus_type = 1;
constexpr std::size_t note_header_bytes = 12;
constexpr std::uint64_t usual_register_offset = 112;

std::uint64_t register_offset(types::TypeSystem& types) {
  const auto layout = Layout::of(types, "struct elf_prstatus");
  const auto field = layout ? layout->field("pr_reg") : Result<types::Field>(failure(layout));
  return field ? field->bit_offset / 8 : usual_register_offset;
}

std::optional<Registers> from_prstatus(std::span<const std::byte> content, std::uint64_t offset) {
  if (!fits(offset, pt_regs_bytes, content.size())) return std::nullopt;
  const Registers registers = Registers::from_pt_regs(content.subspan(offset));
  // A note never filled in.
  if (registers.ip().value == 0 && registers.sp().value == 0) return std::nullopt;
  return registers;
}

/// The CPU's own note in the kernel's memory.
std::optional<Registers> from_memory(Target& target, unsigned cpu, std::uint64_t offset) {
  const auto variable = target.symbol("crash_notes");
  const auto distance = target.per_cpu_offset(cpu);
  if (!variable || !distance) return std::nullopt;
  const auto notes = types::read_pointer(target.memory(), target.types(), variable->address);
  if (!notes || notes->value == 0) return std::nullopt;
  const VirtualAddress note = *notes + *distance;
  std::array<std::byte, note_header_bytes> header{};
  if (!target.memory().read(note, header)) return std::nullopt;
  const auto name_bytes = load<std::uint32_t>(header, 0);
  const auto content_bytes = load<std::uint32_t>(header, 4);
  if (load<std::uint32_t>(header, 8) != prstatus_type || name_bytes > 64 || content_bytes > 4096) return std::nullopt;
  std::vector<std::byte> content(content_bytes);
  if (!target.memory().read(note + note_header_bytes + ((name_bytes + 3) & ~3U), content)) return std::nullopt;
  return from_prstatus(content, offset);
}

}  // namespace

Result<CpuRegisters> find_registers(Target& target, unsigned cpu,
                                    const std::function<bool(const Registers&)>& belongs) {
  const std::uint64_t offset = register_offset(target.types());
  if (const auto found = from_memory(target, cpu, offset)) return CpuRegisters{*found, "crash_notes"};

  std::vector<std::optional<Registers>> notes;
  for (const dump::Note& note : target.dump().info().notes)
    if (note.type == prstatus_type && note.name == "CORE") notes.push_back(from_prstatus(note.content, offset));
  // In the CPU's place: the kernel writes the notes by CPU, those of CPUs that were offline left out.
  const std::vector<unsigned> online = target.online_cpus();
  const auto place = static_cast<std::size_t>(std::ranges::find(online, cpu) - online.begin());
  if (place < notes.size() && notes[place] && belongs(*notes[place]))
    return CpuRegisters{*notes[place], fmt::format("NT_PRSTATUS {}", place)};
  for (std::size_t number = 0; number < notes.size(); ++number)
    if (notes[number] && !notes[number]->is_user_mode() && belongs(*notes[number]))
      return CpuRegisters{*notes[number], fmt::format("NT_PRSTATUS {}", number)};
  return failure(ErrorCode::no_memory_there, fmt::format("the dump has no registers of CPU {}", cpu));
}

}  // namespace alicia::target

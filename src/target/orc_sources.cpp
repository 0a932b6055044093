// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/orc_sources.hpp"

#include <algorithm>
#include <set>

#include "target/layout.hpp"
#include "target/modules.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

using namespace arch::x86_64;

constexpr std::size_t most_trampolines = 4096;
constexpr std::uint64_t most_entries = std::uint64_t{1} << 26;

Result<OrcBits> bits_of(const Layout& layout, std::string_view member, types::TypeSystem& types) {
  const auto field = layout.field(member);
  if (!field) return failure(field);
  if (field->bitfield_bits != 0) return OrcBits{static_cast<std::uint32_t>(field->bit_offset), field->bitfield_bits};
  const auto bytes = types.size_of(field->type);
  if (!bytes) return failure(bytes);
  return OrcBits{static_cast<std::uint32_t>(field->bit_offset), static_cast<std::uint32_t>(*bytes * 8)};
}

Result<OrcLayout> orc_layout(types::TypeSystem& types) {
  const auto layout = Layout::of(types, "struct orc_entry");
  if (!layout) return failure(layout);
  OrcLayout orc;
  orc.bytes = layout->size();
  if (orc.bytes == 0 || orc.bytes > 16)
    return failure(ErrorCode::corrupt, "struct orc_entry has a size no unwinder knows");
  struct Wanted {
    std::string_view name;
    OrcBits* place;
  };
  for (const Wanted& wanted :
       {Wanted{"sp_offset", &orc.sp_offset}, Wanted{"bp_offset", &orc.bp_offset}, Wanted{"sp_reg", &orc.sp_reg},
        Wanted{"bp_reg", &orc.bp_reg}, Wanted{"type", &orc.type}}) {
    const auto found = bits_of(*layout, wanted.name, types);
    if (!found) return failure(found);
    *wanted.place = *found;
  }
  if (const auto end = bits_of(*layout, "end", types)) orc.end = *end;
  if (const auto signal = bits_of(*layout, "signal", types)) orc.signal = *signal;
  return orc;
}

Result<OrcTable> kernel_table(const Target& target) {
  const auto ips = target.symbol("__start_orc_unwind_ip");
  if (!ips) return failure(ips);
  const auto ips_end = target.symbol("__stop_orc_unwind_ip");
  if (!ips_end) return failure(ips_end);
  const auto entries = target.symbol("__start_orc_unwind");
  if (!entries) return failure(entries);
  if (ips_end->address <= ips->address || ips_end->address - ips->address > most_entries * 4)
    return failure(ErrorCode::corrupt, "the ORC tables end before they begin");
  return OrcTable{ips->address, entries->address, (ips_end->address - ips->address) / 4};
}

std::optional<OrcIndex> kernel_index(const Target& target) {
  const auto blocks = target.symbol("orc_lookup");
  const auto end = target.symbol("orc_lookup_end");
  const auto text = target.symbol("_stext");
  const auto text_end = target.symbol("_etext");
  if (!blocks || !end || !text || !text_end || end->address <= blocks->address) return std::nullopt;
  return OrcIndex{blocks->address, (end->address - blocks->address) / 4, {text->address, text_end->address}};
}

void add_modules(Target& target, OrcTables& tables) {
  const auto head = target.symbol("modules");
  const auto layout = Layout::of(target.types(), "struct module");
  if (!head || !layout) return;
  const auto ips = layout->slot("arch.orc_unwind_ip");
  const auto entries = layout->slot("arch.orc_unwind");
  const auto count = layout->slot("arch.num_orcs");
  if (!ips || !entries || !count) return;
  std::vector<std::byte> bytes(layout->size());
  for (const LoadedModule& module : read_modules(target.memory(), target.types(), head->address).items) {
    if (!target.memory().read(module.address, bytes)) continue;
    const OrcTable table{VirtualAddress{ips->in(bytes)}, VirtualAddress{entries->in(bytes)}, count->in(bytes)};
    if (table.ips.value == 0 || table.entries.value == 0 || table.count == 0 || table.count > most_entries) continue;
    std::vector<CodeRange> code;
    code.reserve(module.ranges.size());
    for (const symbols::ModuleRange& range : module.ranges)
      code.push_back({range.begin, range.begin + range.size});
    tables.add_module(table, std::move(code));
  }
}

/// Where the trampoline of each ftrace_ops was copied from tells what its frames look like.
void add_trampolines(Target& target, OrcTables& tables, CodeMap& code) {
  const auto list = target.symbol("ftrace_ops_list");
  const auto plain = target.symbol("ftrace_caller");
  const auto saving = target.symbol("ftrace_regs_caller");
  const auto layout = Layout::of(target.types(), "struct ftrace_ops");
  if (!list || !plain || !saving || !layout) return;
  const auto next = layout->slot("next");
  const auto flags = layout->slot("flags");
  const auto where = layout->slot("trampoline");
  const auto size = layout->slot("trampoline_size");
  if (!next || !flags || !where || !size) return;
  constexpr std::uint64_t saves_registers = 1U << 2;  // FTRACE_OPS_FL_SAVE_REGS
  auto at = types::read_pointer(target.memory(), target.types(), list->address);
  std::set<VirtualAddress> seen;
  std::vector<std::byte> bytes(layout->size());
  while (at && at->value != 0 && seen.size() < most_trampolines && seen.insert(*at).second) {
    if (!target.memory().read(*at, bytes)) break;
    const VirtualAddress begin{where->in(bytes)};
    const std::uint64_t length = size->in(bytes);
    if (begin.value != 0 && length != 0 && length < 65536) {
      const bool saves = (flags->in(bytes)&saves_registers) != 0;
      tables.add_copy({{begin, begin + length}, saves ? saving->address : plain->address});
      code.add_generated({{begin, begin + length}, "ftrace_trampoline", "ftrace"});
    }
    at = VirtualAddress{next->in(bytes)};
  }
}

}  // namespace

Result<std::unique_ptr<OrcTables>> find_orc_tables(Target& target, CodeMap& code) {
  const auto layout = orc_layout(target.types());
  if (!layout) return failure(layout);
  const auto table = kernel_table(target);
  if (!table) return failure(table);
  auto tables = std::make_unique<OrcTables>(target.memory(), *layout);
  tables->set_kernel(*table, kernel_index(target), code.kernel_text());
  add_modules(target, *tables);
  add_trampolines(target, *tables, code);
  return tables;
}

}  // namespace alicia::target

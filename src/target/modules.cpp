// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a module's memory lies is told in three ways by kernels of different age: an array of struct module_memory
// (`mem`, since 6.4), two of struct module_layout (`core_layout`, `init_layout`), or bare members (`module_core`,
// `core_size`). The struct's own members tell which.
#include "target/modules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "target/kernel_list.hpp"
#include "target/layout.hpp"

namespace alicia::target {
namespace {

struct RangeSlots {
  Slot begin;
  Slot size;
};

struct ModuleSlots {
  std::uint64_t size = 0;
  unsigned pointer_bytes = 8;
  Slot list, name, kallsyms;
  std::vector<RangeSlots> ranges;
  std::uint64_t table_size = 0;
  Slot symtab, count, strtab, typetab;
  std::uint64_t export_size = 0;  // 0 where exports cannot be told
  Slot exports, export_count;
};

void add_range(const Layout& layout, std::string_view begin, std::string_view size, std::vector<RangeSlots>& ranges) {
  const auto begin_slot = layout.slot(begin);
  const auto size_slot = layout.slot(size);
  if (begin_slot && size_slot) ranges.push_back({*begin_slot, *size_slot});
}

std::vector<RangeSlots> range_slots(types::TypeSystem& types, const Layout& module) {
  std::vector<RangeSlots> ranges;
  if (const auto mem = module.field("mem")) {
    const types::Type& array = types.describe(types.strip(mem->type));
    const auto memory = Layout::of(types, "struct module_memory");
    if (array.kind == types::Kind::array && memory) {
      const auto base = memory->slot("base");
      const auto size = memory->slot("size");
      for (std::uint64_t number = 0; base && size && number < std::min<std::uint64_t>(array.count, 64); ++number) {
        const std::uint64_t at = mem->bit_offset / 8 + number * memory->size();
        ranges.push_back({{at + base->offset, base->size}, {at + size->offset, size->size}});
      }
    }
  }
  add_range(module, "core_layout.base", "core_layout.size", ranges);
  add_range(module, "init_layout.base", "init_layout.size", ranges);
  add_range(module, "module_core", "core_size", ranges);
  add_range(module, "module_init", "init_size", ranges);
  return ranges;
}

/// Sets `slot` to the member at `path`, unless a failure is already noted in `error`.
void want(const Layout& layout, std::string_view path, Slot& slot, std::optional<Error>& error) {
  auto found = layout.slot(path);
  if (found)
    slot = *found;
  else if (!error)
    error = std::move(found).error();
}

Result<ModuleSlots> module_slots(types::TypeSystem& types) {
  const auto module = Layout::of(types, "struct module");
  if (!module) return failure(module);
  ModuleSlots slots;
  slots.size = module->size();
  slots.pointer_bytes = types.pointer_bytes();
  std::optional<Error> error;
  want(*module, "list", slots.list, error);
  want(*module, "name", slots.name, error);
  if (error) return tl::unexpected<Error>(std::move(*error));
  slots.ranges = range_slots(types, *module);

  // Without these there are no symbols; the list of modules is worth having all the same.
  const auto table = Layout::of(types, "struct mod_kallsyms");
  if (!table || !module->slot("kallsyms")) return slots;
  want(*module, "kallsyms", slots.kallsyms, error);
  slots.table_size = table->size();
  want(*table, "symtab", slots.symtab, error);
  want(*table, "num_symtab", slots.count, error);
  want(*table, "strtab", slots.strtab, error);
  if (error) slots.kallsyms = {};
  if (const auto typetab = table->slot("typetab")) slots.typetab = *typetab;
  const auto exports = module->slot("syms");
  const auto export_count = module->slot("num_syms");
  if (const auto exported = Layout::of(types, "struct kernel_symbol"); exported && exports && export_count) {
    slots.export_size = exported->size();
    slots.exports = *exports;
    slots.export_count = *export_count;
  }
  return slots;
}

Result<LoadedModule> read_module(const MemoryReader& memory, const ModuleSlots& slots, VirtualAddress address) {
  std::vector<std::byte> bytes(slots.size);
  if (auto read = memory.read(address, bytes); !read) return failure(std::move(read));
  LoadedModule module;
  module.address = address;
  if (fits(slots.name.offset, slots.name.size, bytes.size())) {
    const std::string_view name = as_text(std::span(bytes).subspan(slots.name.offset, slots.name.size));
    module.name = name.substr(0, name.find('\0'));
  }
  for (const RangeSlots& range : slots.ranges) {
    const symbols::ModuleRange found{VirtualAddress{range.begin.in(bytes)}, range.size.in(bytes)};
    if (found.begin.value != 0 && found.size != 0) module.ranges.push_back(found);
  }
  const symbols::ModuleRange exports{VirtualAddress{slots.exports.in(bytes)},
                                     slots.export_count.in(bytes)*slots.export_size};
  const VirtualAddress table{slots.kallsyms.in(bytes)};
  if (slots.kallsyms.size == 0 || table.value == 0) return module;
  bytes.assign(slots.table_size, std::byte{0});
  if (!memory.read(table, bytes)) return module;
  module.symbols = {VirtualAddress{slots.symtab.in(bytes)},
                    VirtualAddress{slots.strtab.in(bytes)},
                    VirtualAddress{slots.typetab.in(bytes)},
                    slots.count.in(bytes),
                    slots.pointer_bytes,
                    exports};
  return module;
}

}  // namespace

Listing<LoadedModule> read_modules(const MemoryReader& memory, types::TypeSystem& types, VirtualAddress head) {
  Listing<LoadedModule> listing;
  const auto slots = module_slots(types);
  if (!slots) {
    listing.problems.push_back(slots.error());
    return listing;
  }
  auto walked = walk_list(memory, head, types.pointer_bytes(), [&](VirtualAddress link) {
    auto module = read_module(memory, *slots, link - slots->list.offset);
    if (module)
      listing.items.push_back(std::move(*module));
    else
      listing.problems.push_back(std::move(module).error());
    return true;
  });
  if (!walked) listing.problems.push_back(std::move(walked).error());
  return listing;
}

Listing<ModuleBtf> read_module_btfs(const MemoryReader& memory, types::TypeSystem& types, VirtualAddress head) {
  Listing<ModuleBtf> listing;
  const auto entry = Layout::of(types, "struct btf_module");
  const auto btf = Layout::of(types, "struct btf");
  std::optional<Error> error;
  if (!entry) error = entry.error();
  if (!btf) error = btf.error();
  Slot list, module, pointer, data, bytes;
  if (!error) {
    want(*entry, "list", list, error);
    want(*entry, "module", module, error);
    want(*entry, "btf", pointer, error);
    want(*btf, "data", data, error);
    want(*btf, "data_size", bytes, error);
  }
  if (error) {
    listing.problems.push_back(std::move(*error));
    return listing;
  }
  auto walked = walk_list(memory, head, types.pointer_bytes(), [&](VirtualAddress link) {
    std::vector<std::byte> outer(entry->size());
    std::vector<std::byte> inner(btf->size());
    auto read = memory.read(link - list.offset, outer);
    if (read) read = memory.read(VirtualAddress{pointer.in(outer)}, inner);
    if (read)
      listing.items.push_back({VirtualAddress{module.in(outer)}, VirtualAddress{data.in(inner)}, bytes.in(inner)});
    else
      listing.problems.push_back(std::move(read).error());
    return true;
  });
  if (!walked) listing.problems.push_back(std::move(walked).error());
  return listing;
}

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
//
// A loaded module keeps its symbol table as struct mod_kallsyms says: an array of Elf64_Sym, the strings, and (kernels
// ≥ 5.2) a string of nm's letters. Once the module is initialised it holds only symbols of the memory that stayed.
// Nothing says how long the strings are; they lie in the module's own memory, which bounds them.
#include "symbols/module_symbols.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/bulk_read.hpp"
#include "base/bytes.hpp"

namespace alicia::symbols {
namespace {

constexpr std::uint64_t most_module_symbols = 1'000'000;
constexpr std::uint64_t most_name = 512;  // KSYM_NAME_LEN
constexpr std::uint64_t most_text = std::uint64_t{64} << 20;

char type_from_info(const Elf64_Sym& symbol) {
  const bool is_global = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
  const char letter = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC ? 't' : 'd';
  return is_global ? static_cast<char>(letter - 'a' + 'A') : letter;
}

Result<std::vector<Elf64_Sym>> read_entries(const MemoryReader& memory, const ModuleTable& table) {
  std::vector<Elf64_Sym> entries(table.count);
  if (table.word_bytes == 8) {
    if (auto read = memory.read(table.symtab, std::as_writable_bytes(std::span(entries))); !read)
      return failure(std::move(read));
    return entries;
  }
  std::vector<Elf32_Sym> narrow(table.count);
  if (auto read = memory.read(table.symtab, std::as_writable_bytes(std::span(narrow))); !read)
    return failure(std::move(read));
  std::ranges::transform(narrow, entries.begin(), [](const Elf32_Sym& symbol) {
    return Elf64_Sym{symbol.st_name, symbol.st_info, symbol.st_other, symbol.st_shndx, symbol.st_value, symbol.st_size};
  });
  return entries;
}

constexpr char to_upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

/// What the module exports to all: /proc/kallsyms gives these a capital letter. For each export there is a symbol of
/// its struct kernel_symbol.
template <class NameOf>
std::unordered_set<std::string_view> exported_names(const std::vector<Elf64_Sym>& entries, const ModuleRange& exports,
                                                    const NameOf& name_of) {
  constexpr std::string_view before = "__ksymtab_";
  std::unordered_set<std::string_view> names;
  for (const Elf64_Sym& entry : entries) {
    if (!exports.contains(VirtualAddress{entry.st_value})) continue;
    if (const std::string_view name = name_of(entry); name.starts_with(before))
      names.insert(name.substr(before.size()));
  }
  return names;
}

}  // namespace

ModuleSymbols::ModuleSymbols(const MemoryReader& memory, std::string name, ModuleTable table,
                             std::vector<ModuleRange> ranges)
    : memory_(memory), name_(std::move(name)), location_(table), ranges_(std::move(ranges)), table_(name_) {}

const ModuleRange* ModuleSymbols::range_of(VirtualAddress address) const {
  const auto range = std::ranges::find_if(ranges_, [&](const ModuleRange& it) { return it.contains(address); });
  return range == ranges_.end() ? nullptr : &*range;
}

Result<void> ModuleSymbols::load() const {
  if (location_.count == 0) return {};
  if (location_.count > most_module_symbols)
    return failure(ErrorCode::corrupt, fmt::format("module {} has {} symbols", name_, location_.count));
  const auto read = read_entries(memory_, location_);
  if (!read) return failure(read);
  const std::vector<Elf64_Sym>& entries = *read;
  std::string types(location_.count, '\0');
  if (location_.typetab.value == 0 || !memory_.read(location_.typetab, std::as_writable_bytes(std::span(types))))
    std::ranges::transform(entries, types.begin(), type_from_info);

  std::uint64_t text_bytes = 0;
  for (const Elf64_Sym& entry : entries)
    text_bytes = std::max(text_bytes, entry.st_name + most_name);
  if (const ModuleRange* range = range_of(location_.strtab))
    text_bytes = std::min(text_bytes, range->begin + range->size - location_.strtab);
  std::string text(std::min(text_bytes, most_text), '\0');
  const auto holes = read_region(memory_, location_.strtab, std::as_writable_bytes(std::span(text)));

  const auto name_of = [&text](const Elf64_Sym& entry) -> std::string_view {
    if (entry.st_shndx == SHN_UNDEF || entry.st_name >= text.size()) return {};
    const std::string_view rest = std::string_view(text).substr(entry.st_name, most_name);
    return rest.substr(0, rest.find('\0'));
  };
  const auto exported = exported_names(entries, location_.exports, name_of);
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const std::string_view name = name_of(entries[index]);
    if (name.empty()) continue;
    const bool is_exported = exported.contains(name);
    table_.add(VirtualAddress{entries[index].st_value}, is_exported ? to_upper(types[index]) : types[index], name);
  }
  table_.finish();
  if (!holes.empty()) return tl::unexpected(holes.front().error);
  return {};
}

const SymbolTable& ModuleSymbols::table() const {
  std::call_once(loaded_, [this] { problem_ = load(); });
  return table_;
}

Result<void> ModuleSymbols::problem() const {
  table();
  return problem_;
}

std::optional<Symbol> ModuleSymbols::find(std::string_view name) const {
  return table().find(name);
}

std::optional<SymbolAndOffset> ModuleSymbols::at(VirtualAddress address) const {
  const ModuleRange* range = range_of(address);
  if (range == nullptr) return std::nullopt;
  auto found = table().at(address);
  // The symbol below may belong to another part of the module, or to none of it (an absolute value).
  if (found && !range->contains(found->symbol.address)) return std::nullopt;
  return found;
}

void ModuleSymbols::for_each(const std::function<bool(const Symbol&)>& visit) const {
  table().for_each(visit);
}

}  // namespace alicia::symbols

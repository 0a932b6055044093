// SPDX-License-Identifier: GPL-3.0-or-later
//
// DWARF describes each source file for itself: a kernel's has thousands of units, and `struct task_struct` in most of
// them. A type's number is its entry's offset in .debug_info; which of the equal ones it is doesn't matter, so the
// first definition of a name stands for all. Units are read in their order until the name asked for has turned up:
// common types are in the first few, and a name that is nowhere costs one reading of everything.
#include "types/dwarf_source.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <unordered_map>
#include <utility>

#include "types/dwarf_convert.hpp"
#include "types/dwarf_die.hpp"
#include "types/dwarf_file.hpp"
#include "types/dwarf_index.hpp"

namespace alicia::types {
namespace {

constexpr TypeId first_made = 0xf000'0000U;  // numbers from here on are of inner arrays, which have no entry
constexpr auto worth_keeping = std::chrono::seconds(1);

std::optional<DwarfIndex::Space> space_of(unsigned tag) {
  switch (tag) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type: return DwarfIndex::structure;
    case DW_TAG_union_type: return DwarfIndex::union_;
    case DW_TAG_enumeration_type: return DwarfIndex::enumeration;
    case DW_TAG_typedef: return DwarfIndex::typedef_;
    case DW_TAG_base_type: return DwarfIndex::base;
    case DW_TAG_variable: return DwarfIndex::variable;
    case DW_TAG_subprogram: return DwarfIndex::function;
    default: return std::nullopt;
  }
}

}  // namespace

struct DwarfSource::Parts {
  explicit Parts(DwarfFile opened) : file(std::move(opened)), debug(file.debug()) {}

  DwarfFile file;
  Dwarf_Debug debug;
  std::filesystem::path cached;  // the index's file; empty: none
  DwarfIndex index;
  bool complete = false;
  std::chrono::steady_clock::duration spent{};
  unsigned address_bytes = 8;
  std::unordered_map<TypeId, std::unique_ptr<Type>> types;
  std::deque<Type> made;
  const Type nothing;

  /// Reads one more unit into the index. False at the end.
  bool next_unit();
  void add(const Die& die);
  void finish();
  template <class Answered>
  void read_until(Answered&& answered);
};

bool DwarfSource::Parts::next_unit() {
  Dwarf_Unsigned length = 0;
  Dwarf_Unsigned type_offset = 0;
  Dwarf_Unsigned next = 0;
  Dwarf_Half version = 0;
  Dwarf_Half address_size = 0;
  Dwarf_Half length_size = 0;
  Dwarf_Half extension_size = 0;
  Dwarf_Half kind = 0;
  Dwarf_Off abbreviations = 0;
  Dwarf_Sig8 signature{};
  Dwarf_Error error = nullptr;
  const int read = dwarf_next_cu_header_d(debug, 1, &length, &version, &abbreviations, &address_size, &length_size,
                                          &extension_size, &signature, &type_offset, &next, &kind, &error);
  if (read == DW_DLV_ERROR) dwarf_dealloc_error(debug, error);
  if (read != DW_DLV_OK) return false;
  if (address_size == 4 || address_size == 8) address_bytes = address_size;
  const Die top = Die::top(debug);
  if (!top) return true;
  for_each_child(top, [this](const Die& child) {
    add(child);
    return true;
  });
  return true;
}

void DwarfSource::Parts::add(const Die& die) {
  const auto space = space_of(die.tag());
  if (!space) return;
  const std::string_view name = die.name();
  // Nearly every name of a kernel is met in hundreds of units: what is known already costs no more than this.
  if (!name.empty() && index.defined(*space, name)) return;
  const std::uint64_t offset = die.offset();
  if (offset == 0 || offset >= first_made) return;
  const DwarfIndex::Entry entry{static_cast<std::uint32_t>(offset), die.flag(DW_AT_declaration)};
  if (!name.empty()) {
    index.add(*space, name, entry);
    return;
  }
  if (*space != DwarfIndex::variable || !die.reference(DW_AT_type)) return;
  // The definition of what was declared before, with a type of its own: the name stands there.
  const auto declared = die.reference(DW_AT_specification);
  const Die declaration = declared ? Die::at(debug, *declared) : Die();
  if (declaration && !declaration.name().empty()) index.add(*space, declaration.name(), entry);
}

void DwarfSource::Parts::finish() {
  complete = true;
  if (!cached.empty() && spent >= worth_keeping) index.save(cached, file.size());
}

template <class Answered>
void DwarfSource::Parts::read_until(Answered&& answered) {
  const auto start = std::chrono::steady_clock::now();
  while (!complete && !answered()) {
    if (next_unit()) continue;
    spent += std::chrono::steady_clock::now() - start;
    finish();
    return;
  }
  spent += std::chrono::steady_clock::now() - start;
}

DwarfSource::DwarfSource(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DwarfSource::~DwarfSource() = default;

std::filesystem::path DwarfSource::default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return std::filesystem::path(cache) / "alicia" / "dwarf";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::filesystem::path(home) / ".cache" / "alicia" / "dwarf";
  }
  return {};
}

Result<std::unique_ptr<DwarfSource>> DwarfSource::open(const std::filesystem::path& path,
                                                       const std::filesystem::path& cache) {
  auto file = DwarfFile::open(path);
  if (!file) return failure(file);
  const std::string build_id = file->build_id();
  auto parts = std::make_unique<Parts>(std::move(*file));
  if (!parts->next_unit()) {
    return failure(ErrorCode::wrong_format, fmt::format("{}: no debug information", path.string()));
  }
  if (!cache.empty() && !build_id.empty()) {
    parts->cached = cache / (build_id + ".index");
    parts->complete = parts->index.load(parts->cached, parts->file.size());
  }
  return std::unique_ptr<DwarfSource>(new DwarfSource(std::move(parts)));
}

std::optional<TypeId> DwarfSource::find(Tag tag, std::string_view name) {
  using Space = DwarfIndex::Space;
  static constexpr std::array<std::pair<Tag, Space>, 5> order{{{Tag::structure, Space::structure},
                                                               {Tag::union_, Space::union_},
                                                               {Tag::typedef_, Space::typedef_},
                                                               {Tag::enumeration, Space::enumeration},
                                                               {Tag::base, Space::base}}};
  std::optional<DwarfIndex::Entry> best;
  parts_->read_until([&] {
    for (const auto& [each, space] : order) {
      if (tag != Tag::any && tag != each) continue;
      const auto found = parts_->index.find(space, name);
      if (found && !found->declaration) return true;
    }
    return false;
  });
  for (const auto& [each, space] : order) {
    if (tag != Tag::any && tag != each) continue;
    const auto found = parts_->index.find(space, name);
    if (found && (!best || (best->declaration && !found->declaration))) best = found;
  }
  if (!best) return std::nullopt;
  return best->offset;
}

const Type& DwarfSource::type(TypeId id) {
  if (id >= first_made) {
    return id - first_made < parts_->made.size() ? parts_->made[id - first_made] : parts_->nothing;
  }
  auto& kept = parts_->types[id];
  if (!kept) {
    const DwarfConverter converter(parts_->debug, parts_->address_bytes, [this](Type inner) {
      parts_->made.push_back(std::move(inner));
      return first_made + static_cast<TypeId>(parts_->made.size() - 1);
    });
    // Conversion may add to the types' map no entry but makes inner arrays, so `kept` stays where it is.
    kept = std::make_unique<Type>(id == 0 ? Type() : converter.convert(Die::at(parts_->debug, id)));
  }
  return *kept;
}

std::optional<TypeRef> DwarfSource::find_variable(std::string_view name) {
  const auto found = [&] { return parts_->index.find(DwarfIndex::variable, name); };
  parts_->read_until([&] { return found() && !found()->declaration; });
  const auto entry = found();
  if (!entry) return std::nullopt;
  const Die die = Die::at(parts_->debug, entry->offset);
  const auto type = die ? die.reference(DW_AT_type) : std::nullopt;
  if (!type) return std::nullopt;
  return TypeRef{this, static_cast<TypeId>(*type)};
}

std::optional<TypeRef> DwarfSource::find_function(std::string_view name) {
  const auto found = [&] { return parts_->index.find(DwarfIndex::function, name); };
  parts_->read_until([&] { return found() && !found()->declaration; });
  const auto entry = found();
  if (!entry) return std::nullopt;
  return TypeRef{this, entry->offset};
}

}  // namespace alicia::types

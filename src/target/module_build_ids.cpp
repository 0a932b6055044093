// SPDX-License-Identifier: GPL-3.0-or-later
//
// A module's build-id lies in its struct (`build_id`, since 5.14, where the kernel prints it in traces), else in its
// notes, which stay in memory because /sys/module/NAME/notes shows them: `notes_attrs` has a bin_attribute for each
// section of notes, whose `private` and `size` tell where it is. A note is name size, description size, type, name and
// description, each padded to four bytes.
#include "target/module_build_ids.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "target/kernel_list.hpp"
#include "target/layout.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t most_sections = 64;
constexpr std::uint64_t most_note_bytes = 4096;
constexpr std::uint32_t gnu_build_id = 3;

std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes)
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

std::string build_id_of_notes(std::span<const std::byte> notes) {
  constexpr std::uint64_t header = 12;
  std::uint64_t at = 0;
  while (fits(at, header, notes.size())) {
    const std::uint64_t name_bytes = load<std::uint32_t>(notes, at);
    const std::uint64_t bytes = load<std::uint32_t>(notes, at + 4);
    const std::uint64_t name = at + header, description = name + (name_bytes + 3) / 4 * 4;
    if (!fits(description, bytes, notes.size())) break;
    if (load<std::uint32_t>(notes, at + 8) == gnu_build_id && name_bytes == 4 &&
        as_text(notes.subspan(name, 3)) == "GNU")
      return hexadecimal(notes.subspan(description, bytes));
    at = description + (bytes + 3) / 4 * 4;
  }
  return {};
}

class Reader {
 public:
  Reader(const MemoryReader& memory, types::TypeSystem& types) : memory_(memory), types_(types) {}

  /// Nothing where modules' structs have neither member.
  std::optional<Error> prepare() {
    const auto module = Layout::of(types_, "struct module");
    if (!module) return module.error();
    const auto list = module->slot("list");
    if (!list) return list.error();
    list_ = *list;
    if (const auto own = module->slot("build_id")) own_ = *own;
    const auto notes = module->slot("notes_attrs");
    const auto table = Layout::of(types_, "struct module_notes_attrs");
    const auto attribute = Layout::of(types_, "struct bin_attribute");
    if (!notes || !table || !attribute) return std::nullopt;
    const auto count = table->slot("notes");
    const auto attributes = table->field("attrs");
    const auto size = attribute->slot("size"), address = attribute->slot("private");
    if (!count || !attributes || !size || !address) return std::nullopt;
    notes_ = Notes{*notes, *count, attributes->bit_offset / 8, attribute->size(), *size, *address};
    return std::nullopt;
  }

  Slot list() const { return list_; }

  Result<std::string> build_id(VirtualAddress module) const {
    if (own_) {
      const auto bytes = read(module + own_->offset, own_->size);
      if (!bytes) return failure(bytes);
      if (std::ranges::any_of(*bytes, [](std::byte byte) { return byte != std::byte{0}; })) return hexadecimal(*bytes);
    }
    return notes_ ? from_notes(module) : std::string();
  }

 private:
  struct Notes {
    Slot table, count;           // in struct module, in struct module_notes_attrs
    std::uint64_t first = 0;     // where its bin_attributes begin
    std::uint64_t distance = 0;  // and that of the next
    Slot size, address;
  };

  Result<std::vector<std::byte>> read(VirtualAddress address, std::uint64_t bytes) const {
    std::vector<std::byte> content(std::min(bytes, most_note_bytes));
    if (auto done = memory_.read(address, content); !done) return failure(std::move(done));
    return content;
  }

  Result<std::uint64_t> number(VirtualAddress object, Slot slot) const {
    const auto bytes = read(object + slot.offset, slot.size);
    if (!bytes) return failure(bytes);
    return Slot{0, slot.size}.in(*bytes);
  }

  Result<std::string> from_notes(VirtualAddress module) const {
    const auto table = number(module, notes_->table);
    if (!table) return failure(table);
    if (*table == 0) return std::string();
    const auto count = number(VirtualAddress{*table}, notes_->count);
    if (!count) return failure(count);
    for (std::uint64_t section = 0; section < std::min(*count, most_sections); ++section) {
      const VirtualAddress attribute = VirtualAddress{*table} + notes_->first + section * notes_->distance;
      const auto size = number(attribute, notes_->size), address = number(attribute, notes_->address);
      if (!size || !address) return failure(size ? address : size);
      const auto notes = read(VirtualAddress{*address}, *size);
      if (!notes) return failure(notes);
      if (auto found = build_id_of_notes(*notes); !found.empty()) return found;
    }
    return std::string();
  }

  const MemoryReader& memory_;
  types::TypeSystem& types_;
  Slot list_;
  std::optional<Slot> own_;
  std::optional<Notes> notes_;
};

}  // namespace

Listing<ModuleBuildId> read_module_build_ids(const MemoryReader& memory, types::TypeSystem& types,
                                             VirtualAddress head) {
  Listing<ModuleBuildId> listing;
  Reader reader(memory, types);
  if (auto problem = reader.prepare()) {
    listing.problems.push_back(std::move(*problem));
    return listing;
  }
  auto walked = walk_list(memory, head, types.pointer_bytes(), [&](VirtualAddress link) {
    const VirtualAddress module = link - reader.list().offset;
    auto found = reader.build_id(module);
    if (!found)
      listing.problems.push_back(std::move(found).error());
    else if (!found->empty())
      listing.items.push_back({module, std::move(*found)});
    return true;
  });
  if (!walked) listing.problems.push_back(std::move(walked).error());
  return listing;
}

}  // namespace alicia::target

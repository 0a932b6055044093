// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/dwarf_index.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <span>

#include "base/bytes.hpp"

namespace alicia::types {
namespace {

constexpr std::string_view magic = "Alicia DWARF index 1\n";

/// An entry's head in the file; the name follows.
struct Record {
  std::uint32_t offset;
  std::uint16_t length;
  std::uint8_t space;
  std::uint8_t declaration;
};

}  // namespace

void DwarfIndex::add(Space space, std::string_view name, Entry entry) {
  auto& names = names_[space];
  const auto known = names.find(name);
  if (known == names.end()) {
    names.emplace(name, entry);
  } else if (known->second.declaration && !entry.declaration) {
    known->second = entry;
  }
}

std::optional<DwarfIndex::Entry> DwarfIndex::find(Space space, std::string_view name) const {
  const auto known = names_[space].find(name);
  if (known == names_[space].end()) return std::nullopt;
  return known->second;
}

bool DwarfIndex::load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!text.starts_with(magic)) return false;
  const auto bytes = std::as_bytes(std::span(text));
  DwarfIndex read;
  std::size_t at = magic.size();
  while (at < bytes.size()) {
    if (!fits(at, sizeof(Record), bytes.size())) return false;
    const auto record = alicia::load<Record>(bytes, at);
    at += sizeof record;
    if (record.space >= spaces || !fits(at, record.length, bytes.size())) return false;
    read.add(static_cast<Space>(record.space), as_text(bytes.subspan(at, record.length)),
             {record.offset, record.declaration != 0});
    at += record.length;
  }
  *this = std::move(read);
  return true;
}

bool DwarfIndex::save(const std::filesystem::path& path) const {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) return false;
  std::string text(magic);
  for (std::size_t space = 0; space < names_.size(); ++space) {
    for (const auto& [name, entry] : names_[space]) {
      if (name.size() > 0xffff) continue;
      const Record record{entry.offset, static_cast<std::uint16_t>(name.size()), static_cast<std::uint8_t>(space),
                          static_cast<std::uint8_t>(entry.declaration)};
      text.append(reinterpret_cast<const char*>(&record), sizeof record);
      text += name;
    }
  }
  // Written aside and renamed, so that another Alicia never reads half of it.
  std::filesystem::path aside = path;
  aside += "." + std::to_string(::getpid());
  {
    std::ofstream file(aside, std::ios::binary);
    if (!file.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) return false;
  }
  std::filesystem::rename(aside, path, failed);
  return !failed;
}

}  // namespace alicia::types

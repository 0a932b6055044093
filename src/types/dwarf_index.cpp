// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/dwarf_index.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace alicia::types {
namespace {

constexpr std::string_view magic = "Alicia DWARF index 2\n";

/// An entry's head in the file; the name follows.
struct Record {
  std::uint32_t offset;
  std::uint16_t length;
  std::uint8_t space;
  std::uint8_t declaration;
};

/// What follows the magic.
struct Head {
  std::uint64_t debug_size;
  std::uint64_t checksum;
};

/// FNV-1a: told apart is a file that was written whole from one that wasn't.
std::uint64_t checksum(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0xcbf2'9ce4'8422'2325U;
  for (const std::byte byte : bytes)
    sum = (sum ^ std::to_integer<std::uint64_t>(byte)) * 0x100'0000'01b3U;
  return sum;
}

/// Removes all but the indices used last from a folder.
void prune(const std::filesystem::path& folder) {
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> kept;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() != ".index" || !entry.is_regular_file(failed)) continue;
    kept.emplace_back(entry.last_write_time(failed), entry.path());
  }
  if (kept.size() <= DwarfIndex::most_kept) return;
  std::ranges::sort(kept, std::greater{});
  for (const auto& [time, path] : std::span(kept).subspan(DwarfIndex::most_kept))
    std::filesystem::remove(path, failed);
}

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

bool DwarfIndex::load(const std::filesystem::path& path, std::uint64_t debug_size) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!text.starts_with(magic)) return false;
  const auto bytes = std::as_bytes(std::span(text));
  if (!fits(magic.size(), sizeof(Head), bytes.size())) return false;
  const auto head = alicia::load<Head>(bytes, magic.size());
  DwarfIndex read;
  std::size_t at = magic.size() + sizeof(Head);
  if (head.debug_size != debug_size || head.checksum != checksum(bytes.subspan(at))) return false;
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
  std::error_code unimportant;
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now(), unimportant);
  return true;
}

bool DwarfIndex::save(const std::filesystem::path& path, std::uint64_t debug_size) const {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) return false;
  std::string text;
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
    const Head head{debug_size, checksum(std::as_bytes(std::span(text)))};
    file << magic;
    file.write(reinterpret_cast<const char*>(&head), sizeof head);
    if (!file.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) {
      std::filesystem::remove(aside, failed);
      return false;
    }
  }
  std::filesystem::rename(aside, path, failed);
  if (failed) return false;
  prune(path.parent_path());
  return true;
}

}  // namespace alicia::types

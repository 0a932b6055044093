// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/elf_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libelf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.hpp"

namespace alicia::types {
namespace {

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};

/// The description of the note NT_GNU_BUILD_ID. Each note is three lengths and numbers, its name and its description,
/// both padded to four bytes.
std::string build_id_among(std::span<const std::byte> notes) {
  constexpr std::uint64_t head = 12;
  std::uint64_t at = 0;
  while (fits(at, head, notes.size())) {
    const auto name_length = load<std::uint32_t>(notes, at);
    const auto length = load<std::uint32_t>(notes, at + 4);
    const auto type = load<std::uint32_t>(notes, at + 8);
    const std::uint64_t name = at + head;
    const std::uint64_t description = name + (std::uint64_t{name_length} + 3) / 4 * 4;
    if (!fits(description, length, notes.size())) break;
    if (type == 3 && name_length == 4 && as_text(notes.subspan(name, 3)) == "GNU" && length <= 64) {
      std::string text;
      for (const std::byte byte : notes.subspan(description, length)) {
        fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<unsigned>(byte));
      }
      return text;
    }
    at = description + (std::uint64_t{length} + 3) / 4 * 4;
  }
  return {};
}

}  // namespace

Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(ErrorCode::cannot_open, std::strerror(errno));
  return ElfFile(descriptor);
}

ElfFile::ElfFile(ElfFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

ElfFile::~ElfFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool ElfFile::is_elf() const {
  char magic[SELFMAG] = {};
  return ::pread(descriptor_, magic, sizeof magic, 0) == static_cast<ssize_t>(sizeof magic) &&
         std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

template <class Found>
Result<void> ElfFile::find_section(std::string_view wanted, Found&& found) const {
  if (elf_version(EV_CURRENT) == EV_NONE) return failure(ErrorCode::internal, "libelf is too old");
  const std::unique_ptr<Elf, EndElf> elf(elf_begin(descriptor_, ELF_C_READ_MMAP, nullptr));
  std::size_t names = 0;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getshdrstrndx(elf.get(), &names) != 0) {
    return failure(ErrorCode::wrong_format, "damaged ELF file");
  }
  for (Elf_Scn* scn = elf_nextscn(elf.get(), nullptr); scn != nullptr; scn = elf_nextscn(elf.get(), scn)) {
    const Elf64_Shdr* wide = elf64_getshdr(scn);
    const Elf32_Shdr* narrow = wide == nullptr ? elf32_getshdr(scn) : nullptr;
    if (wide == nullptr && narrow == nullptr) continue;
    const char* name = elf_strptr(elf.get(), names, wide != nullptr ? wide->sh_name : narrow->sh_name);
    if (name == nullptr || name != wanted) continue;
    found(scn);
    return {};
  }
  return failure(ErrorCode::wrong_format, fmt::format("no section {}", wanted));
}

Result<std::vector<std::byte>> ElfFile::section(std::string_view wanted) const {
  std::optional<std::vector<std::byte>> bytes;
  auto found = find_section(wanted, [&](Elf_Scn* scn) {
    const Elf_Data* data = elf_rawdata(scn, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return;
    const auto* begin = static_cast<const std::byte*>(data->d_buf);
    bytes.emplace(begin, begin + data->d_size);
  });
  if (!found) return failure(std::move(found));
  if (!bytes) return failure(ErrorCode::wrong_format, fmt::format("section {} has no content", wanted));
  return std::move(*bytes);
}

bool ElfFile::has_section(std::string_view name) const {
  return find_section(name, [](Elf_Scn*) {}).has_value();
}

std::string ElfFile::build_id() const {
  for (const std::string_view name : {".note.gnu.build-id", ".notes"}) {  // a kernel's notes share one section
    const auto notes = section(name);
    if (!notes) continue;
    if (auto id = build_id_among(*notes); !id.empty()) return id;
  }
  return {};
}

Result<std::vector<std::byte>> ElfFile::contents(std::size_t limit) const {
  std::vector<std::byte> bytes;
  std::size_t filled = 0;
  // Files of sysfs tell no size, so it is read to find out.
  while (filled <= limit) {
    bytes.resize(filled + (1U << 20U));
    const ssize_t got = ::pread(descriptor_, bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(ErrorCode::cannot_open, std::strerror(errno));
    filled += static_cast<std::size_t>(got);
    bytes.resize(filled);
    if (got == 0) return bytes;
  }
  return failure(ErrorCode::wrong_format, fmt::format("longer than {} bytes", limit));
}

}  // namespace alicia::types

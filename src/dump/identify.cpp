// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/identify.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/bytes.hpp"
#include "dump/elf_header.hpp"
#include "dump/flattened.hpp"
#include "dump/kdump_header.hpp"
#include "dump/lkcd_header.hpp"

namespace alicia::dump {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kIdentifyingBytes = 4096;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view description;
};

/// Files that people name by mistake, and dumps that others read.
constexpr std::array kMagics = {
    Magic{0, "\x1f\x8b"sv, "a gzip-compressed file"},
    Magic{0,
          "\xfd"
          "7zXZ\0"sv,
          "an xz-compressed file"},
    Magic{0, "\x28\xb5\x2f\xfd"sv, "a zstd-compressed file"},
    Magic{0, "BZh"sv, "a bzip2-compressed file"},
    Magic{0, "\x04\x22\x4d\x18"sv, "an lz4-compressed file"},
    Magic{0, "\x89LZO\0\r\n\x1a\n"sv, "an lzop-compressed file"},
    Magic{0, "PK\x03\x04"sv, "a zip archive"},
    Magic{257, "ustar"sv, "a tar archive"},
    Magic{0x202, "HdrS"sv, "a kernel image (bzImage)"},
    Magic{56, "ARM\x64"sv, "a kernel image (arm64)"},
    Magic{0, "\xd0\xbe\xd0\xbe"sv, "a VMware suspend file"},
    Magic{0, "\xd1\xba\xd1\xba"sv, "a VMware suspend file"},
    Magic{0, "\xd2\xba\xd2\xba"sv, "a VMware suspend file"},
    Magic{0, "\xd2\xbe\xd2\xbe"sv, "a VMware suspend file"},
    Magic{0, "\xd3\xbe\xd3\xbe"sv, "a VMware suspend file"},
    Magic{0, "\xed\xeb\x0f\xf0"sv, "a Xen core"},
    Magic{0, "\xee\xeb\x0f\xf0"sv, "a Xen core"},
    Magic{0, "sadump\0\0"sv, "an sadump file"},
    Magic{0, "LinuxGuestRecord"sv, "a Xen save file"},
    Magic{0, "LibvirtQEMUdPart"sv, "a libvirt save file (made without --memory-only)"},
    Magic{0, "LibvirtQEMUdSave"sv, "a libvirt save file (made without --memory-only)"},
    Magic{0, "QEVM"sv, "a QEMU migration file"},
    Magic{0, "QFI\xfb"sv, "a QEMU disk image"},
    Magic{0, "PAGEDU64"sv, "a Windows crash dump"},
    Magic{0, "PAGEDUMP"sv, "a Windows crash dump"},
};

bool has_magic(std::span<const std::byte> head, const Magic& magic) {
  return fits(magic.offset, magic.bytes.size(), head.size()) &&
         as_text(head.subspan(magic.offset, magic.bytes.size())) == magic.bytes;
}

/// `ffffffff81000000 T _stext`
bool is_map_line(std::string_view line) {
  const std::size_t digits = line.find_first_not_of("0123456789abcdef");
  if (digits != 8 && digits != 16) return false;
  return line.size() > digits + 3 && line[digits] == ' ' &&
         std::isalpha(static_cast<unsigned char>(line[digits + 1])) != 0 && line[digits + 2] == ' ';
}

bool is_text(std::span<const std::byte> head) {
  return std::ranges::all_of(head, [](std::byte byte) {
    const auto code = std::to_integer<unsigned>(byte);
    return code >= 0x20 || (code >= 0x07 && code <= 0x0d) || code == 0x1b;
  });
}

Recognised other(std::string_view description) {
  return {Format::none, {FileKind::other, std::string{description}}};
}

Recognised recognise_elf(std::span<const std::byte> head) {
  const auto type = head.size() >= 18 ? load<std::uint16_t>(head, 16) : std::uint16_t{0};
  // In a big-endian file the bytes are swapped; the reader of dumps refuses those by name.
  switch (std::to_integer<unsigned>(head[EI_DATA]) == ELFDATA2MSB ? __builtin_bswap16(type) : type) {
    case ET_CORE: return {Format::elf, {FileKind::dump, "an ELF core"}};
    case ET_REL: return {Format::none, {FileKind::unlinked_object, "an ELF object file"}};
    case ET_EXEC: return {Format::none, {FileKind::elf_object, "an ELF executable, such as a kernel's vmlinux"}};
    case ET_DYN: return {Format::none, {FileKind::elf_object, "an ELF executable or shared library"}};
    default: return other("a damaged ELF file");
  }
}

Recognised recognise_head(std::span<const std::byte> head) {
  if (head.empty()) return other("an empty file");
  if (is_kdump(head)) return {Format::kdump, {FileKind::dump, "a kdump-compressed dump"}};
  if (is_elf(head)) return recognise_elf(head);
  if (is_flattened(head)) return {Format::flattened, {FileKind::dump, "a flattened dump"}};
  if (is_lkcd(head)) return {Format::lkcd, {FileKind::dump, "an LKCD dump"}};
  if (head.size() >= 2 && load<std::uint16_t>(head) == 0xeb9f) return {Format::none, {FileKind::btf, "a BTF file"}};
  for (const Magic& magic : kMagics) {
    if (has_magic(head, magic)) return other(magic.description);
  }
  const std::string_view text = as_text(head);
  if (is_map_line(text.substr(0, text.find('\n')))) return {Format::none, {FileKind::system_map, "a System.map"}};
  return other(is_text(head) ? "a text file" : "a file of no format known");
}

}  // namespace

Result<Recognised> recognise(const File& file) {
  std::array<std::byte, kIdentifyingBytes> head{};
  const auto got = file.read_some(FileOffset{0}, head);
  if (!got) return failure(got);
  return recognise_head(std::span{head}.first(*got));
}

Result<FileIdentity> identify_file(const std::filesystem::path& path) {
  const auto file = open_file(path);
  if (!file) return failure(file);
  const auto recognised = recognise(**file);
  if (!recognised) return failure(recognised);
  return recognised->identity;
}

}  // namespace alicia::dump

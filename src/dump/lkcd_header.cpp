// SPDX-License-Identifier: GPL-3.0-or-later
// All versions begin with magic u64, version u32, header size u32, dump level u32, page size u32 and three u64 on
// memory, the last of which mostly holds the magic again. From byte 48 on they differ, and up to version 7 by the width
// of a long as well; from version 8 the structure is packed and the same everywhere. Where utsname says `Linux` tells
// the widths apart. The bits 0x80000000 and 0x40000000 of the version are Mission Critical Linux's; with the latter, a
// table of 32 KiB follows the header.
//
// A second header has each processor's registers; two layouts of it are known (i386 version 3, x86_64 version 2). Its
// registers are handed on as the notes an ELF dump would have.
#include "dump/lkcd_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/bytes.hpp"
#include "dump/limits.hpp"
#include "dump/notes.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kMagic = 0xa8190173618f23ed;
constexpr std::uint64_t kLiveMagic = 0xa8190173618f23cd;
constexpr std::uint64_t kAsmMagic = 0xdeaddead;
constexpr std::uint32_t kMclxMarks = 0xc0000000;
constexpr std::uint32_t kMclxTable = 0x40000000;
constexpr std::uint64_t kMclxTableBytes = 32768;
constexpr std::uint64_t kUsualFirstPage = 65536;
constexpr std::size_t kLkcdHeaderBytes = 1024;
constexpr std::size_t kPanicBytes = 256;

/// Where a version has its fields; 0 for a field it lacks.
struct Layout {
  bool wide;
  std::size_t page_count, panic, time, uts, task, compress;
};

constexpr Layout kFirst32{false, 56, 60, 316, 324, 776, 0};
constexpr Layout kEarly32{false, 48, 52, 308, 316, 708, 712};
constexpr Layout kEarly64{true, 48, 52, 312, 328, 720, 728};
constexpr Layout kPacked{true, 48, 52, 308, 324, 714, 722};
constexpr std::size_t kBufferSizeAt = 734;

std::string text_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) {
  const auto text = as_text(bytes.subspan(offset, size));
  return std::string{text.substr(0, text.find('\0'))};
}

const Layout& layout_of(unsigned version, std::span<const std::byte> head) {
  if (version == 1) return kFirst32;
  if (version >= 8) return kPacked;
  return text_at(head, kEarly64.uts, kUtsField) == "Linux" ? kEarly64 : kEarly32;
}

void read_fields(std::span<const std::byte> head, const Layout& layout, LkcdHeader& header) {
  header.wide = layout.wide;
  header.dump_level = load<std::uint32_t>(head, 16);
  header.page_size = load<std::uint32_t>(head, 20);
  header.page_count = load<std::uint32_t>(head, layout.page_count);
  header.panic = text_at(head, layout.panic, kPanicBytes);
  header.timestamp = layout.wide ? load<std::uint64_t>(head, layout.time) : load<std::uint32_t>(head, layout.time);
  header.system_name = text_at(head, layout.uts, kUtsField);
  header.node_name = text_at(head, layout.uts + kUtsField, kUtsField);
  header.release = text_at(head, layout.uts + 2 * kUtsField, kUtsField);
  header.machine_version = text_at(head, layout.uts + 3 * kUtsField, kUtsField);
  header.machine = text_at(head, layout.uts + 4 * kUtsField, kUtsField);
  header.current_task = layout.wide ? load<std::uint64_t>(head, layout.task) : load<std::uint32_t>(head, layout.task);
}

Result<Compression> compression_numbered(std::uint32_t number) {
  switch (number) {
    case 0: return Compression::none;
    case 1: return Compression::rle;
    case 2: return Compression::zlib;
    default: return failure(ErrorCode::not_supported, fmt::format("compression {} is unknown", number));
  }
}

/// An NT_PRSTATUS of i386: pt_regs lacks fs and gs, which come after es there.
Note prstatus_i386(std::span<const std::byte> pt_regs) {
  Note note{"CORE", 1, std::vector<std::byte>(144)};
  const auto out = note.content.begin() + 72;
  std::ranges::copy(pt_regs.first(36), out);
  std::ranges::copy(pt_regs.subspan(36), out + 44);
  return note;
}

/// An NT_PRSTATUS of x86_64: pt_regs is the beginning of its registers.
Note prstatus_x86_64(std::span<const std::byte> pt_regs) {
  Note note{"CORE", 1, std::vector<std::byte>(336)};
  std::ranges::copy(pt_regs, note.content.begin() + 112);
  return note;
}

struct AsmLayout {
  std::uint32_t version;
  std::size_t register_bytes, cpus, registers;
  Note (*convert)(std::span<const std::byte>);
};
constexpr AsmLayout kAsmI386{3, 60, 84, 92, prstatus_i386};
constexpr AsmLayout kAsmX86_64{2, 168, 184, 192, prstatus_x86_64};

/// Takes what can be understood of the second header; that it is absent or strange is no reason to refuse the dump.
void read_asm_header(const File& file, FileOffset at, LkcdHeader& header) {
  const Architecture architecture = architecture_of_machine(header.machine);
  if (architecture != Architecture::i386 && architecture != Architecture::x86_64) return;
  const AsmLayout& layout = architecture == Architecture::i386 ? kAsmI386 : kAsmX86_64;
  if (header.first_page <= at) return;
  std::vector<std::byte> bytes(std::min<std::uint64_t>(header.first_page - at, kUsualFirstPage));
  const auto got = file.read_some(at, bytes);
  if (!got || *got < layout.registers) return;
  if (load<std::uint64_t>(bytes) != kAsmMagic || load<std::uint32_t>(bytes, 8) != layout.version) return;
  const std::uint64_t cpus = load<std::uint32_t>(bytes, layout.cpus);
  if (cpus == 0 || !fits(layout.registers, cpus * layout.register_bytes, *got)) return;
  header.cpus = static_cast<unsigned>(cpus);
  header.crash_cpu = load<std::uint32_t>(bytes, layout.cpus + 4);
  for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
    const auto registers =
        std::span{bytes}.subspan(layout.registers + cpu * layout.register_bytes, layout.register_bytes);
    header.registers.push_back(layout.convert(registers));
  }
}

}  // namespace

bool is_lkcd(std::span<const std::byte> head) {
  if (head.size() < 8) return false;
  const auto magic = load<std::uint64_t>(head);
  return magic == kMagic || magic == kLiveMagic || __builtin_bswap64(magic) == kMagic ||
         __builtin_bswap64(magic) == kLiveMagic;
}

Result<LkcdHeader> read_lkcd_header(const File& file) {
  const std::string name = file.path().string();
  std::array<std::byte, kLkcdHeaderBytes> head{};
  if (auto done = file.read(FileOffset{0}, head); !done) {
    return failure(done.error().code, fmt::format("{}: the file ends within its header", name));
  }
  if (const auto magic = load<std::uint64_t>(head); magic != kMagic && magic != kLiveMagic) {
    return failure(ErrorCode::wrong_architecture, fmt::format("{}: an LKCD dump of a big-endian machine", name));
  }
  LkcdHeader header;
  const auto marked_version = load<std::uint32_t>(head, 8);
  header.version = marked_version & ~kMclxMarks;
  if (header.version == 0 || header.version == 4 || header.version > 10) {
    return failure(ErrorCode::not_supported, fmt::format("{}: LKCD version {} is unknown", name, header.version));
  }
  const Layout& layout = layout_of(header.version, head);
  read_fields(head, layout, header);
  if (!std::has_single_bit(header.page_size) || header.page_size < 4096 || header.page_size > 65536) {
    return failure(ErrorCode::corrupt, fmt::format("{}: a page size of {} bytes", name, header.page_size));
  }
  if (header.version >= 5) {
    const auto compression = compression_numbered(load<std::uint32_t>(head, layout.compress));
    if (!compression)
      return failure(compression.error().code, fmt::format("{}: {}", name, compression.error().message));
    header.compression = *compression;
  }
  header.first_page = FileOffset{header.version >= 9 ? load<std::uint64_t>(head, kBufferSizeAt) : kUsualFirstPage};
  if (header.first_page.value < 742 || header.first_page.value > std::uint64_t{1} << 32) {
    return failure(ErrorCode::corrupt, fmt::format("{}: its first page at offset {}", name, header.first_page.value));
  }
  const std::uint64_t header_size = load<std::uint32_t>(head, 12);
  const std::uint64_t table = (marked_version & kMclxTable) != 0 ? kMclxTableBytes : 0;
  if (header.version >= 2) read_asm_header(file, FileOffset{header_size + table}, header);
  return header;
}

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
// The header is a C structure as the dumping kernel's compiler laid it out: utsname (six strings of 65) from byte 12,
// then a timeval and ten 32-bit numbers, whose place depends on the width of a long. The file doesn't say which width
// that is; what makes sense when read does. The sub-header, one block further on, grew with the versions:
//   0 phys_base | 1 dump level | 2 split, start_pfn, end_pfn | 3 VMCOREINFO | 4 notes | 5 eraseinfo
//   6 start_pfn, end_pfn and max_mapnr again, with 64 bits each.
// Specified by makedumpfile's IMPLEMENTATION and diskdump_mod.h.
#include "dump/kdump_header.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <string_view>

#include "base/bytes.hpp"
#include "dump/dump.hpp"
#include "dump/limits.hpp"
#include "dump/notes.hpp"

namespace alicia::dump {
namespace {

constexpr std::string_view kKdump = "KDUMP   ";
constexpr std::string_view kDiskdump = "DISKDUMP";
constexpr std::size_t kKdumpHeaderBytes = 464;
constexpr std::size_t kSubHeaderBytes = 104;

std::string uts_field(std::span<const std::byte> head, std::size_t index) {
  const auto text = as_text(head.subspan(12 + index * kUtsField, kUtsField));
  return std::string{text.substr(0, text.find('\0'))};
}

/// Reads the numbers after utsname.
void read_numbers(std::span<const std::byte> head, KdumpHeader& header) {
  const std::size_t time_at = header.wide ? 408 : 404;
  const std::size_t at = header.wide ? 424 : 412;
  header.timestamp = header.wide ? load<std::uint64_t>(head, time_at) : load<std::uint32_t>(head, time_at);
  header.status = load<std::uint32_t>(head, at);
  header.block_size = load<std::uint32_t>(head, at + 4);
  header.sub_header_blocks = load<std::uint32_t>(head, at + 8);
  header.bitmap_blocks = load<std::uint32_t>(head, at + 12);
  header.max_page_frame = load<std::uint32_t>(head, at + 16);
  header.current_cpu = load<std::uint32_t>(head, at + 32);
  header.cpus = load<std::uint32_t>(head, at + 36);
}

bool makes_sense(const KdumpHeader& header) {
  return std::has_single_bit(header.block_size) && header.block_size >= 512 && header.block_size <= (1U << 20) &&
         header.sub_header_blocks <= 4096 && header.bitmap_blocks != 0 && header.max_page_frame != 0;
}

/// Takes sub-header fields one after the other, aligned as a C compiler would for this width.
class FieldCursor {
 public:
  FieldCursor(std::span<const std::byte> bytes, bool wide) : bytes_(bytes), wide_(wide) {}

  std::uint32_t number32() { return take<std::uint32_t>(4); }
  std::uint64_t number64() { return take<std::uint64_t>(wide_ ? 8 : 4); }  // i386 aligns 64 bits to 4 bytes
  std::uint64_t word() { return wide_ ? number64() : number32(); }
  FileArea area() {
    const FileOffset offset{number64()};
    return {offset, word()};
  }

 private:
  template <class T>
  T take(std::size_t alignment) {
    at_ = (at_ + alignment - 1) & ~(alignment - 1);
    const T value = load<T>(bytes_, at_);
    at_ += sizeof(T);
    return value;
  }
  std::span<const std::byte> bytes_;
  bool wide_;
  std::size_t at_ = 0;
};

void read_sub_header(std::span<const std::byte> bytes, KdumpHeader& header) {
  FieldCursor fields{bytes, header.wide};
  header.phys_base = fields.word();
  const std::uint32_t dump_level = fields.number32();
  const std::uint32_t split = fields.number32();
  header.start_frame = fields.word();
  header.end_frame = fields.word();
  const FileArea vmcoreinfo = fields.area();
  const FileArea notes = fields.area();
  const FileArea eraseinfo = fields.area();
  if (header.version >= 1) header.dump_level = dump_level;
  if (header.version >= 2) header.split = split != 0;
  if (header.version >= 3) header.vmcoreinfo = vmcoreinfo;
  if (header.version >= 4) header.notes = notes;
  if (header.version >= 5) header.eraseinfo = eraseinfo;
  if (header.version >= 6) {
    header.start_frame = fields.number64();
    header.end_frame = fields.number64();
    header.max_page_frame = fields.number64();
  }
}

/// A version that is small only when its bytes are swapped was written by a big-endian machine.
bool byte_swapped(std::int32_t version) {
  const auto raw = static_cast<std::uint32_t>(version);
  return raw > 0xffff && __builtin_bswap32(raw) <= 0xffff;
}

KdumpHeader read_names(std::span<const std::byte> head) {
  KdumpHeader header;
  header.diskdump = as_text(head.first(8)) == kDiskdump;
  header.version = load<std::int32_t>(head, 8);
  header.system_name = uts_field(head, 0);
  header.node_name = uts_field(head, 1);
  header.release = uts_field(head, 2);
  header.machine_version = uts_field(head, 3);
  header.machine = uts_field(head, 4);
  return header;
}

/// Tries both widths, the one the machine's name suggests first.
bool find_width(std::span<const std::byte> head, KdumpHeader& header) {
  const bool narrow_first = architecture_of_machine(header.machine) == Architecture::i386;
  for (const bool wide : {!narrow_first, narrow_first}) {
    header.wide = wide;
    read_numbers(head, header);
    if (makes_sense(header)) return true;
  }
  return false;
}

}  // namespace

bool is_kdump(std::span<const std::byte> head) {
  return head.size() >= 8 && (as_text(head.first(8)) == kKdump || as_text(head.first(8)) == kDiskdump);
}

Result<KdumpHeader> read_kdump_header(const File& file) {
  const std::string name = file.path().string();
  std::array<std::byte, kKdumpHeaderBytes> head{};
  if (auto done = file.read(FileOffset{0}, head); !done) {
    return failure(done.error().code, fmt::format("{}: the file ends within its header", name));
  }
  KdumpHeader header = read_names(head);
  if (byte_swapped(header.version)) {
    return failure(ErrorCode::wrong_architecture, fmt::format("{}: a kdump file of a big-endian machine", name));
  }
  if (header.version < 0 || !find_width(head, header)) {
    return failure(ErrorCode::corrupt, fmt::format("{}: its kdump header makes no sense", name));
  }
  if (!header.diskdump && header.sub_header_blocks != 0) {
    std::array<std::byte, kSubHeaderBytes> bytes{};
    if (auto done = file.read(FileOffset{header.block_size}, bytes); !done) {
      return failure(done.error().code, fmt::format("{}: the file ends within its sub-header", name));
    }
    read_sub_header(bytes, header);
  }
  if (header.max_page_frame > kPossibleFrames) {
    return failure(ErrorCode::corrupt, fmt::format("{}: its header names {} page frames, more than any machine has",
                                                   name, header.max_page_frame));
  }
  return header;
}

}  // namespace alicia::dump

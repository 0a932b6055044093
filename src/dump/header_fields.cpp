// SPDX-License-Identifier: GPL-3.0-or-later
// For files that the readers refuse: nothing is believed here, everything is shown, and beside it what speaks against
// it.
#include "dump/header_fields.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "dump/elf_header.hpp"
#include "dump/flattened.hpp"
#include "dump/kdump_header.hpp"
#include "dump/lkcd_header.hpp"
#include "dump/messages.hpp"

namespace alicia::dump {
namespace {

constexpr std::size_t kBytesWithFields = 4096;

class Fields {
 public:
  Fields(const File& file, std::span<const std::byte> head) : file_(file), head_(head) {}

  std::vector<HeaderField> take() { return std::move(fields_); }
  void add(std::string_view name, std::string value, std::string remark = {}) {
    fields_.push_back({std::string{name}, std::move(value), std::move(remark)});
  }

  void kdump();
  void elf();
  void lkcd();
  void first_bytes();

 private:
  template <class T>
  T at(std::size_t offset) const {
    return fits(offset, sizeof(T), head_.size()) ? load<T>(head_, offset) : T{0};
  }
  std::string text_at(std::size_t offset, std::size_t length) const {
    if (!fits(offset, length, head_.size())) return {};
    const auto text = as_text(head_.subspan(offset, length));
    return std::string{text.substr(0, text.find('\0'))};
  }
  std::string outside(std::uint64_t offset, std::uint64_t length) const {
    return file_.has(FileOffset{offset}, length)
               ? std::string{}
               : fmt::format("beyond the file, which has {} bytes", grouped(file_.size()));
  }
  void utsname(std::size_t offset);
  void kdump_sub_header(std::uint32_t block, std::int32_t version);
  void elf_segments();

  const File& file_;
  std::span<const std::byte> head_;
  std::vector<HeaderField> fields_;
};

void Fields::utsname(std::size_t offset) {
  constexpr std::array names = {"system", "host", "release", "version", "machine"};
  constexpr std::size_t width = 65;
  for (const char* name : names) {
    const std::string text = text_at(offset, width);
    const bool printable =
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;+-_~#()/@") ==
        std::string::npos;
    add(name, text, printable ? "" : "not the name of anything");
    offset += width;
  }
}

void Fields::kdump_sub_header(std::uint32_t block, std::int32_t version) {
  std::array<std::byte, 104> bytes{};
  if (auto done = file_.read(FileOffset{block}, bytes); !done) return add("sub-header", "", "beyond the file");
  const auto number = [&](std::size_t offset) { return load<std::uint64_t>(bytes, offset); };
  add("phys_base", fmt::format("{:#x}", number(0)), (number(0) & 0xfff) != 0 ? "no page begins there" : "");
  const auto level = load<std::uint32_t>(bytes, 8);
  add("dump level", fmt::format("{}", level), level > 31 ? "the highest is 31" : "");
  const auto split = load<std::uint32_t>(bytes, 12);
  add("split", fmt::format("{}", split), split > 1 ? "neither 0 nor 1" : "");
  const auto area = [&](const char* name, std::size_t offset, int since) {
    if (version < since || number(offset + 8) == 0) return;
    add(name, fmt::format("{} bytes at {}", grouped(number(offset + 8)), grouped(number(offset))),
        outside(number(offset), number(offset + 8)));
  };
  area("VMCOREINFO", 32, 3);
  area("notes", 48, 4);
  area("eraseinfo", 64, 5);
  if (version < 6) return;
  const auto frames = at<std::uint32_t>(440);
  add("page frames (64 bits)", grouped(number(96)),
      frames != 0xffffffff && static_cast<std::uint32_t>(number(96)) != frames ? "the header has another number" : "");
}

void Fields::kdump() {
  const auto version = at<std::int32_t>(8);
  const auto block = at<std::uint32_t>(428);
  const auto frames = at<std::uint32_t>(440);
  const auto cpus = at<std::uint32_t>(460);
  const bool good_block = std::has_single_bit(block) && block >= 512 && block <= (1U << 20);
  add("signature", text_at(0, 8), is_kdump(head_) ? "" : "not KDUMP");
  add("header version", fmt::format("{}", version), version < 1 || version > 6 ? "1 to 6 are known" : "");
  utsname(12);
  add("seconds since 1970", fmt::format("{}", at<std::uint64_t>(408)),
      at<std::uint64_t>(408) >> 33 != 0 ? "no date of this millennium's" : "");
  add("status", fmt::format("{:#x}", at<std::uint32_t>(424)),
      (at<std::uint32_t>(424) & 8U) != 0 ? "makedumpfile ran out of room: the dump is incomplete" : "");
  add("block size", fmt::format("{}", block), good_block ? "" : "no size of a page");
  add("sub-header blocks", fmt::format("{}", at<std::uint32_t>(432)),
      at<std::uint32_t>(432) == 0 || at<std::uint32_t>(432) > 4096 ? "1 is usual" : "");
  const std::uint64_t in_block = std::uint64_t{8} * block;
  const std::uint64_t wanted = good_block ? 2 * ((frames + in_block - 1) / in_block) : 0;
  add("bitmap blocks", fmt::format("{}", at<std::uint32_t>(436)),
      good_block && at<std::uint32_t>(436) < wanted
          ? fmt::format("{} page frames need {}", grouped(frames), grouped(wanted))
          : "");
  add("page frames", grouped(frames), frames == 0 ? "a machine without memory" : "");
  add("CPUs", fmt::format("{}", cpus), cpus == 0 || cpus > 8192 ? "1 to 8192 are possible" : "");
  add("crashing CPU", fmt::format("{}", at<std::uint32_t>(456)), at<std::uint32_t>(456) >= cpus ? "there is none" : "");
  if (good_block) kdump_sub_header(block, version);
}

void Fields::elf_segments() {
  const auto header = read_elf_header(file_);
  if (!header) return add("program headers", "", header.error().message);
  const auto segments = read_elf_segments(file_, *header);
  if (!segments) return add("program headers", "", segments.error().message);
  std::size_t loads = 0;
  std::size_t notes = 0;
  std::size_t lost = 0;
  std::size_t others = 0;
  for (const ElfSegment& segment : *segments) {
    (segment.type == kPtLoad ? loads : segment.type == kPtNote ? notes : others)++;
    if (!file_.has(segment.offset, segment.file_size)) ++lost;
  }
  add("areas of memory", fmt::format("{}", loads), loads == 0 ? "a dump has one at least" : "");
  add("areas of notes", fmt::format("{}", notes), notes == 0 ? "a dump has one" : "");
  if (others != 0) add("other areas", fmt::format("{}", others), "a dump has none");
  if (lost != 0) add("areas beyond the end of the file", fmt::format("{}", lost), "truncated, or a damaged header");
}

void Fields::elf() {
  const auto one = [&](std::size_t offset) { return at<std::uint8_t>(offset); };
  add("class", fmt::format("{}", one(EI_CLASS)), one(EI_CLASS) == 1 || one(EI_CLASS) == 2 ? "" : "1 or 2 it should be");
  add("byte order", fmt::format("{}", one(EI_DATA)),
      one(EI_DATA) == ELFDATA2LSB ? "" : "little-endian, 1, is what is read");
  add("type", fmt::format("{}", at<std::uint16_t>(16)), at<std::uint16_t>(16) == ET_CORE ? "" : "a core's is 4");
  add("machine", fmt::format("{} ({})", at<std::uint16_t>(18), elf_machine_name(at<std::uint16_t>(18))));
  const bool wide = one(EI_CLASS) != ELFCLASS32;
  const std::uint64_t table = wide ? at<std::uint64_t>(32) : at<std::uint32_t>(28);
  const auto entry = at<std::uint16_t>(wide ? 54 : 42);
  const auto count = at<std::uint16_t>(wide ? 56 : 44);
  const std::size_t size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  add("program headers at", grouped(table), outside(table, size));
  add("bytes of each", fmt::format("{}", entry), entry == size ? "" : fmt::format("{} it should be", size));
  add("program headers", fmt::format("{}", count), count == 0 ? "a dump has two at least" : "");
  elf_segments();
}

void Fields::lkcd() {
  const auto version = at<std::uint32_t>(8) & 0x3fffffffU;
  const auto page = at<std::uint32_t>(20);
  add("version", fmt::format("{}", version),
      version == 0 || version == 4 || version > 10 ? "1 to 3, 5 to 10 are known" : "");
  add("header bytes", fmt::format("{}", at<std::uint32_t>(12)), at<std::uint32_t>(12) > 65536 ? "too many" : "");
  add("dump level", fmt::format("{:#x}", at<std::uint32_t>(16)));
  add("page size", fmt::format("{}", page),
      std::has_single_bit(page) && page >= 4096 && page <= 65536 ? "" : "no size of a page");
  add("pages of memory", grouped(at<std::uint64_t>(24)), at<std::uint64_t>(24) == 0 ? "a machine without memory" : "");
  add("memory", fmt::format("{:#x} to {:#x}", at<std::uint64_t>(32), at<std::uint64_t>(40)));
}

void Fields::first_bytes() {
  constexpr std::size_t shown = 64;
  constexpr std::size_t line = 16;
  for (std::size_t offset = 0; offset < shown && offset < head_.size(); offset += line) {
    std::string bytes;
    for (const std::byte byte : head_.subspan(offset, std::min(line, head_.size() - offset)))
      bytes += fmt::format("{}{:02x}", bytes.empty() ? "" : " ", std::to_integer<unsigned>(byte));
    add(fmt::format("bytes from {}", offset), bytes);
  }
}

/// A kdump header that has lost its signature still names the system.
bool looks_like_kdump(std::span<const std::byte> head) {
  return head.size() >= 464 && as_text(head.subspan(12, 6)) == std::string_view{"Linux\0", 6};
}

}  // namespace

std::vector<HeaderField> header_fields(const File& file) {
  std::array<std::byte, kBytesWithFields> bytes{};
  const auto got = file.read_some(FileOffset{0}, bytes);
  const auto head = std::span{bytes}.first(got ? *got : 0);
  Fields fields(file, head);
  if (!got) {
    fields.add("header", "", got.error().message);
  } else if (is_elf(head)) {
    fields.elf();
  } else if (is_lkcd(head)) {
    fields.lkcd();
  } else if (is_kdump(head) || looks_like_kdump(head)) {
    fields.kdump();
  } else {
    fields.first_bytes();
  }
  return fields.take();
}

}  // namespace alicia::dump

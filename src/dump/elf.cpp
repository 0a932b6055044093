// SPDX-License-Identifier: GPL-3.0-or-later
// An ELF vmcore describes memory in PT_LOAD program headers by physical address; notes hold registers and VMCOREINFO.
// Segments may overlap: the kernel's image is often described a second time, at its own virtual address. Where one of
// them has bytes in the file they are taken, whatever another says.
//
// makedumpfile -E leaves pages out by ending a segment's part in the file before its part in memory
// (p_filesz < p_memsz). A page that was excluded and one that held zeros look alike there, so such a gap is neither
// filled nor called excluded: the reader says that it cannot tell.
//
// QEMU's dump-guest-memory and /proc/kcore are the same. In the latter segments without a physical address (-1) are
// views of virtual memory and of no use here; and the kernel gives zeros where its image is no longer mapped at its own
// address (what was needed for booting only is given back), though that memory has been put to another use. There the
// map of all memory has the bytes. An offset in that file is an address, so that it has 128 TB and no end that matters.
#include "dump/elf.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <ranges>
#include <utility>

#include "base/bytes.hpp"
#include "dump/elf_header.hpp"
#include "dump/messages.hpp"
#include "dump/notes.hpp"
#include "dump/paged_dump.hpp"
#include "dump/range_map.hpp"

namespace alicia::dump {
namespace {

using PhysicalPiece = MappedRange<PhysicalAddress>;
using PhysicalMap = RangeMap<PhysicalAddress>;

constexpr std::uint64_t kNoPhysicalAddress = ~std::uint64_t{0};
constexpr std::uint32_t kUsualPageSize = 4096;

class ElfDump final : public PagedDump {
 public:
  ElfDump(DumpInfo info, std::shared_ptr<const File> file, PhysicalMap data, PhysicalMap gaps)
      : PagedDump(std::move(info)), file_(std::move(file)), data_(std::move(data)), gaps_(std::move(gaps)) {}

  PageFrame next_possible(PageFrame frame) const override {
    const std::uint32_t page_size = info().page_size;
    if (frame.value > no_frame.value / page_size) return no_frame;
    const PhysicalAddress begin{frame.value * page_size};
    if (data_.find(begin) != nullptr) return frame;
    const PhysicalPiece* next = data_.after(begin);
    return next == nullptr ? no_frame : PageFrame{next->begin.value / page_size};
  }

 private:
  Result<void> load_page(PageFrame frame, std::span<std::byte> out) const override {
    if (frame.value > ~std::uint64_t{0} / out.size()) return absent(ErrorCode::no_memory_there, PhysicalAddress{});
    return load(PhysicalAddress{frame.value * out.size()}, out);
  }

  Result<void> load_part(PhysicalAddress address, std::span<std::byte> out, const Error&) const override {
    return load(address, out);
  }

  /// Puts `out` together from whatever segments hold it.
  Result<void> load(PhysicalAddress address, std::span<std::byte> out) const {
    while (!out.empty()) {
      const PhysicalPiece* range = data_.find(address);
      if (range == nullptr) {
        return absent(gaps_.find(address) != nullptr ? ErrorCode::absent_or_zero : ErrorCode::no_memory_there, address);
      }
      const auto piece = out.first(std::min<std::uint64_t>(out.size(), range->end - address));
      const auto got = file_->read_some(range->offset + (address - range->begin), piece);
      if (!got) return failure(got.error().code, got.error().message, address.value);
      if (*got < piece.size()) return absent(ErrorCode::page_truncated, address + *got);
      out = out.subspan(piece.size());
      address = address + piece.size();
    }
    return {};
  }

  static Result<void> absent(ErrorCode code, PhysicalAddress address) {
    auto error = absent_page(code);
    error.value().address = address.value;
    return error;
  }

  std::shared_ptr<const File> file_;
  PhysicalMap data_;
  PhysicalMap gaps_;
};

/// A PT_LOAD segment that describes physical memory and whose numbers don't wrap around.
bool describes_memory(const ElfSegment& segment) {
  return segment.type == kPtLoad && segment.physical_address.value != kNoPhysicalAddress &&
         fits(segment.physical_address.value, segment.memory_size, ~std::uint64_t{0}) &&
         fits(segment.offset.value, segment.file_size, ~std::uint64_t{0});
}

void read_notes(const File& file, const std::vector<ElfSegment>& segments, DumpInfo& info) {
  for (const ElfSegment& segment : segments) {
    if (segment.type != kPtNote || segment.file_size == 0) continue;
    const auto bytes = file.read_block(segment.offset, segment.file_size, kMostNoteBytes, "its notes");
    if (bytes) {
      add_notes(info, parse_notes(*bytes));
    } else {
      info.warnings.push_back(bytes.error().message);
    }
  }
}

/// A program's core has notes that no kernel writes into a dump of memory.
Result<void> refuse_program_core(const File& file, const DumpInfo& info) {
  const auto is_programs = [](const Note& note) {
    return note.name == "CORE" && (note.type == NT_AUXV || note.type == NT_FILE || note.type == NT_SIGINFO);
  };
  if (info.vmcoreinfo.empty() && std::ranges::any_of(info.notes, is_programs)) {
    return failure(ErrorCode::wrong_format,
                   fmt::format("{} is the core of a program, not of a kernel", file.path().string()));
  }
  const auto is_xen = [](const Note& note) { return note.name == "Xen" || note.name == "VMCOREINFO_XEN"; };
  if (info.vmcoreinfo.empty() && std::ranges::any_of(info.notes, is_xen)) {
    return failure(ErrorCode::wrong_format,
                   fmt::format("{} is a Xen core, which Alicia does not read", file.path().string()));
  }
  return {};
}

void describe_memory(const std::vector<ElfSegment>& segments, DumpInfo& info) {
  std::vector<PhysicalPiece> all;
  for (const ElfSegment& segment : segments) {
    if (!describes_memory(segment) || segment.memory_size == 0) continue;
    all.push_back({segment.physical_address, segment.physical_address + segment.memory_size, {}});
    info.segments.push_back({segment.virtual_address, segment.memory_size, segment.physical_address});
  }
  const PhysicalMap merged{std::move(all)};
  for (const PhysicalPiece& range : merged.ranges()) {
    if (!info.memory.empty() && info.memory.back().end == range.begin) {
      info.memory.back().end = range.end;
    } else {
      info.memory.push_back({range.begin, range.end});
    }
  }
  if (!info.memory.empty()) {
    const std::uint64_t last = info.memory.back().end.value;
    info.max_page_frame = last / info.page_size + (last % info.page_size != 0 ? 1 : 0);
  }
}

/// What of the data lies beyond the end of the file, in pages.
void describe_truncation(const File& file, const PhysicalMap& data, DumpInfo& info) {
  std::uint64_t end = 0;
  std::uint64_t pages = 0;
  std::uint64_t lost = 0;
  for (const PhysicalPiece& range : data.ranges()) {
    const std::uint64_t size = range.end - range.begin;
    const std::uint64_t there = range.offset.value < file.size() ? std::min(size, file.size() - range.offset.value) : 0;
    end = std::max(end, range.offset.value + size);
    pages += size / info.page_size;
    lost += (size - there + info.page_size - 1) / info.page_size;
  }
  if (end <= file.size()) return;
  info.warnings.push_back(truncation_message(file, end, lost, pages));
}

std::uint32_t page_size_of(const DumpInfo& info) {
  const auto size = vmcoreinfo_number(info.vmcoreinfo, "PAGESIZE").value_or(kUsualPageSize);
  return std::has_single_bit(size) && size >= 4096 && size <= 65536 ? static_cast<std::uint32_t>(size) : kUsualPageSize;
}

/// Maps for what is in the file and for what only has a place in memory. `largest_first`: of several segments the
/// largest is to be taken, not the first.
std::pair<PhysicalMap, PhysicalMap> map_segments(std::vector<ElfSegment> segments, bool largest_first) {
  std::vector<PhysicalPiece> data;
  std::vector<PhysicalPiece> gaps;
  // The kernel's image lies within an area of memory, which is larger.
  if (largest_first) std::ranges::stable_sort(segments, std::ranges::greater{}, &ElfSegment::memory_size);
  for (const ElfSegment& segment : std::views::reverse(segments)) {  // the first of several is to be taken
    if (!describes_memory(segment)) continue;
    const std::uint64_t in_file = std::min(segment.file_size, segment.memory_size);
    const PhysicalAddress begin = segment.physical_address;
    if (in_file != 0) data.push_back({begin, begin + in_file, segment.offset});
    if (in_file < segment.memory_size) gaps.push_back({begin + in_file, begin + segment.memory_size, {}});
  }
  return {PhysicalMap{std::move(data)}, PhysicalMap{std::move(gaps)}};
}

/// Old /proc/kcore files and cores of programs leave all physical addresses zero.
bool lacks_physical_addresses(const std::vector<ElfSegment>& segments) {
  std::size_t loads = 0;
  for (const ElfSegment& segment : segments) {
    if (segment.type != kPtLoad) continue;
    ++loads;
    if (segment.physical_address.value != 0 && segment.physical_address.value != kNoPhysicalAddress) return false;
  }
  return loads > 1;
}

}  // namespace

Result<std::unique_ptr<Dump>> open_elf(std::shared_ptr<const File> file) {
  const auto header = read_elf_header(*file);
  if (!header) return failure(header);
  const std::string name = file->path().string();
  if (header->program_header_count == 0 && header->section_header_count != 0) {  // xc_core: everything is in sections
    return failure(ErrorCode::wrong_format, fmt::format("{} is a Xen core, which Alicia does not read", name));
  }
  const auto segments = read_elf_segments(*file, *header);
  if (!segments) return failure(segments);
  DumpInfo info;
  info.files = {file->path()};
  info.live = file->changes();
  info.format = file->flattened() ? "flattened " : "";
  info.format += info.live ? "ELF, the running kernel's memory" : "ELF vmcore";
  if (!header->wide) info.format += " (32-bit)";
  info.machine = elf_machine_name(header->machine);
  info.architecture = architecture_of_machine(info.machine);
  if (segments->size() < header->program_header_count) {
    info.warnings.push_back(fmt::format("{} is truncated: it ends after {} of {} program headers",
                                        file->path().filename().string(), segments->size(),
                                        header->program_header_count));
  }
  if (auto damage = file->damage()) info.warnings.push_back(*std::move(damage));
  read_notes(*file, *segments, info);
  if (auto refused = refuse_program_core(*file, info); !refused) return failure(std::move(refused));
  if (lacks_physical_addresses(*segments)) {
    return failure(ErrorCode::wrong_format, fmt::format("{}: its program headers hold no physical addresses", name));
  }
  info.page_size = page_size_of(info);
  describe_memory(*segments, info);
  if (info.memory.empty()) {
    return failure(ErrorCode::wrong_format, fmt::format("{}: an ELF core that describes no memory", name));
  }
  auto [data, gaps] = map_segments(*segments, info.live);
  if (!info.live) describe_truncation(*file, data, info);
  return std::unique_ptr<Dump>{
      std::make_unique<ElfDump>(std::move(info), std::move(file), std::move(data), std::move(gaps))};
}

}  // namespace alicia::dump

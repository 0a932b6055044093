// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/kdump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "dump/kdump_part.hpp"
#include "dump/messages.hpp"
#include "dump/notes.hpp"
#include "dump/paged_dump.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kMostTextBytes = std::uint64_t{16} << 20;

class KdumpDump final : public PagedDump {
 public:
  KdumpDump(DumpInfo info, std::vector<KdumpPart> parts) : PagedDump(std::move(info)), parts_(std::move(parts)) {}

  Result<void> holds(PageFrame frame) const override {
    return with_part(frame, [&](const KdumpPart& part) { return part.holds(frame); });
  }

  PageFrame next_possible(PageFrame frame) const override {
    for (const KdumpPart& part : parts_) {
      if (frame.value >= part.end_frame()) continue;
      const PageFrame next = part.next_possible(std::max(frame, PageFrame{part.begin_frame()}));
      if (next.value < part.end_frame()) return next;
    }
    return no_frame;
  }

 private:
  Result<void> load_page(PageFrame frame, std::span<std::byte> out) const override {
    return with_part(frame, [&](const KdumpPart& part) { return part.load_page(frame, out); });
  }

  /// What `ask` finds in the file that has the frame.
  template <class Ask>
  Result<void> with_part(PageFrame frame, Ask&& ask) const {
    for (const KdumpPart& part : parts_) {
      if (part.contains(frame)) return ask(part);
    }
    if (frame.value >= info().max_page_frame) return absent_page(ErrorCode::no_memory_there);
    return failure(ErrorCode::page_truncated, "page is in a part of the split dump that was not given");
  }

  std::vector<KdumpPart> parts_;  ///< in the order of their frames
};

/// The text that an area of the file holds; what is wrong with it becomes a warning.
std::vector<std::byte> read_area(const File& file, FileArea area, std::uint64_t bound, const char* what,
                                 DumpInfo& info) {
  if (area.size == 0) return {};
  auto bytes = file.read_block(area.offset, area.size, bound, what);
  if (bytes) return *std::move(bytes);
  info.warnings.push_back(bytes.error().message);
  return {};
}

std::string text_of(std::span<const std::byte> bytes) {
  const auto text = as_text(bytes);
  return std::string{text.substr(0, text.find('\0'))};
}

void read_sub_areas(const KdumpPart& part, DumpInfo& info) {
  const KdumpHeader& header = part.header();
  info.vmcoreinfo = text_of(read_area(part.file(), header.vmcoreinfo, kMostTextBytes, "VMCOREINFO", info));
  info.eraseinfo = text_of(read_area(part.file(), header.eraseinfo, kMostTextBytes, "eraseinfo", info));
  add_notes(info, parse_notes(read_area(part.file(), header.notes, kMostNoteBytes, "notes", info)));
}

std::string format_name(const KdumpPart& part, std::size_t parts) {
  const KdumpHeader& header = part.header();
  std::string name = part.file().flattened() ? "flattened " : "";
  name += header.diskdump ? "diskdump" : "kdump-compressed";
  name += fmt::format(" version {}", header.version);
  if (const auto compression = part.compression()) name += fmt::format(" ({})", compression_name(*compression));
  if (header.split) name += fmt::format(", split dump, {} part{}", parts, parts == 1 ? "" : "s");
  return name;
}

/// QEMU leaves utsname empty but for the machine, where it names the width of the layout, not the guest.
Architecture architecture_of_kdump(const KdumpHeader& header, const DumpInfo& info) {
  const Architecture named = architecture_of_machine(header.machine);
  if (!header.system_name.empty() && !header.machine.empty()) return named;
  const Architecture guessed = guess_architecture(info);
  return guessed == Architecture::unknown ? named : guessed;
}

DumpInfo describe(const std::vector<KdumpPart>& parts) {
  const KdumpHeader& header = parts.front().header();
  DumpInfo info;
  info.format = format_name(parts.front(), parts.size());
  info.page_size = header.block_size;
  info.max_page_frame = header.max_page_frame;
  info.dump_level = header.dump_level;
  if (header.timestamp != 0) info.timestamp = header.timestamp;
  if (header.cpus != 0) info.cpus = header.cpus;
  info.crash_cpu = header.current_cpu;
  info.phys_base = header.phys_base;
  info.system_name = header.system_name;
  info.node_name = header.node_name;
  info.release = header.release;
  info.version = header.machine_version;
  info.machine = header.machine;
  read_sub_areas(parts.front(), info);
  info.memory = parts.front().memory();
  info.architecture = architecture_of_kdump(header, info);
  for (const KdumpPart& part : parts) {
    info.files.push_back(part.file().path());
    if (auto warning = part.file().damage()) info.warnings.push_back(*std::move(warning));
    if (auto warning = part.truncation()) info.warnings.push_back(*std::move(warning));
    if (auto warning = part.bitmap_damage()) info.warnings.push_back(*std::move(warning));
    if (auto warning = part.incompleteness()) info.warnings.push_back(*std::move(warning));
  }
  return info;
}

/// Whether these files belong together; says which of their frames no file has.
Result<void> check_parts(const std::vector<KdumpPart>& parts, DumpInfo& info) {
  std::uint64_t next = 0;
  for (const KdumpPart& part : parts) {
    const KdumpHeader& header = part.header();
    const KdumpHeader& first = parts.front().header();
    const std::string name = part.file().path().string();
    if (parts.size() > 1 && !header.split) {
      return failure(ErrorCode::wrong_format, fmt::format("{} is not a part of a split dump", name));
    }
    if (header.block_size != first.block_size || header.max_page_frame != first.max_page_frame ||
        header.timestamp != first.timestamp || header.release != first.release) {
      return failure(ErrorCode::wrong_format,
                     fmt::format("{} is a part of another dump than {}", name, parts.front().file().path().string()));
    }
    if (part.begin_frame() < next) {
      return failure(ErrorCode::wrong_format, fmt::format("{} is the same part of the dump as another file", name));
    }
    if (part.begin_frame() > next) {
      info.warnings.push_back(fmt::format("page frames {} to {} are in a part of the split dump that was not given",
                                          next, part.begin_frame() - 1));
    }
    next = part.end_frame();
  }
  if (next < info.max_page_frame) {
    info.warnings.push_back(fmt::format("page frames {} to {} are in a part of the split dump that was not given", next,
                                        info.max_page_frame - 1));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Dump>> open_kdump(std::vector<std::shared_ptr<const File>> files) {
  std::vector<KdumpPart> parts;
  for (auto& file : files) {
    auto part = KdumpPart::open(std::move(file));
    if (!part) return failure(std::move(part));
    parts.push_back(*std::move(part));
  }
  std::ranges::stable_sort(parts, {}, &KdumpPart::begin_frame);
  DumpInfo info = describe(parts);
  if (auto belong = check_parts(parts, info); !belong) return failure(std::move(belong));
  return std::unique_ptr<Dump>{std::make_unique<KdumpDump>(std::move(info), std::move(parts))};
}

}  // namespace alicia::dump

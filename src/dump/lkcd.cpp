// SPDX-License-Identifier: GPL-3.0-or-later
// LKCD (Linux Kernel Crash Dump, 1999 to 2006): a header, then from byte 65,536 (version 9 on: from where the header
// says) pages in any order, each behind its own header of 16 bytes: address u64, size u32, flags u32. Nothing says
// where a given page is, so one pass over the page headers makes an index. A mark ends the pages; it is missing when
// the machine died while dumping, and its address is garbage.
//
// Pages may occur twice, since later versions dumped in several passes: the first is taken, being the one written
// closest to the crash. Compressed pages are RLE up to version 3, later what the header says; a raw page of no bytes is
// zeros. Mission Critical Linux's variant gives page frames where others give addresses, and says so in the page's
// flags; some version 1 dumps of i386 give virtual addresses, recognised by the first page's, 0xc0000000.
//
// There is no specification: this follows the tables that the readers of the time agree on.
#include "dump/lkcd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/bytes.hpp"
#include "dump/limits.hpp"
#include "dump/lkcd_header.hpp"
#include "dump/messages.hpp"
#include "dump/notes.hpp"
#include "dump/paged_dump.hpp"

namespace alicia::dump {
namespace {

constexpr std::size_t kPageHeaderBytes = 16;
constexpr std::size_t kMostIndexed = std::size_t{1} << 25;  // pages
constexpr std::uint64_t kOldVirtualBase = 0xc0000000;
constexpr std::uint32_t kRaw = 1, kCompressed = 2, kEnd = 4, kMclx = 0xc0000000;

struct PageHeader {
  std::uint64_t address = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;

  explicit PageHeader(std::span<const std::byte> bytes)
      : address(load<std::uint64_t>(bytes)),
        size(load<std::uint32_t>(bytes, 8)),
        flags(load<std::uint32_t>(bytes, 12)) {}
};

struct IndexEntry {
  std::uint64_t frame;
  FileOffset header;
};

/// What the pass over the page headers found.
struct Index {
  std::vector<IndexEntry> pages;  ///< by frame, each once
  bool complete = false;          ///< the end mark was there
  std::string trouble;            ///< why the pass ended early
};

class LkcdDump final : public PagedDump {
 public:
  LkcdDump(DumpInfo info, std::shared_ptr<const File> file, Compression compression, Index index)
      : PagedDump(std::move(info)), file_(std::move(file)), compression_(compression), index_(std::move(index)) {}

  PageFrame next_possible(PageFrame frame) const override {
    const auto found = std::ranges::lower_bound(index_.pages, frame.value, {}, &IndexEntry::frame);
    return found == index_.pages.end() ? no_frame : PageFrame{found->frame};
  }

 private:
  Result<void> load_page(PageFrame frame, std::span<std::byte> out) const override {
    const auto found = std::ranges::lower_bound(index_.pages, frame.value, {}, &IndexEntry::frame);
    if (found == index_.pages.end() || found->frame != frame.value) {
      if (!index_.complete) return absent_page(ErrorCode::page_truncated);
      return absent_page(frame.value < info().max_page_frame ? ErrorCode::page_excluded : ErrorCode::no_memory_there);
    }
    std::array<std::byte, kPageHeaderBytes> bytes{};
    if (auto done = file_->read(found->header, bytes); !done) return as_absence(done.error());
    const PageHeader header{bytes};
    std::vector<std::byte> packed(std::min<std::size_t>(header.size, out.size()));
    if (auto done = file_->read(found->header + kPageHeaderBytes, packed); !done) return as_absence(done.error());
    if (packed.empty()) {
      std::ranges::fill(out, std::byte{0});
      return {};
    }
    return decompress((header.flags & kCompressed) != 0 ? compression_ : Compression::none, packed, out)
        .map_error([](Error error) {
          error.message = "page is damaged: " + error.message;
          return error;
        });
  }

  static Result<void> as_absence(const Error& error) {
    if (error.code == ErrorCode::truncated_file) return absent_page(ErrorCode::page_truncated);
    return tl::unexpected<Error>(error);
  }

  std::shared_ptr<const File> file_;
  Compression compression_;
  Index index_;
};

bool makes_sense(const PageHeader& page, std::uint32_t page_size) {
  return (page.flags & (kRaw | kCompressed)) != 0 && page.size <= page_size;
}

/// One pass over the page headers.
Result<Index> index_pages(const File& file, const LkcdHeader& header) {
  const auto shift = static_cast<unsigned>(std::countr_zero(header.page_size));
  Index index;
  std::uint64_t base = 0;
  file.expect_sequential_reads();
  for (FileOffset at = header.first_page; index.pages.size() < kMostIndexed;) {
    std::array<std::byte, kPageHeaderBytes> bytes{};
    const auto got = file.read_some(at, bytes);
    if (!got) return failure(got);
    if (*got < bytes.size()) {
      index.trouble = "it has no end mark";
      break;
    }
    const PageHeader page{bytes};
    index.complete = (page.flags & kEnd) != 0;
    if (index.complete) break;
    if (!makes_sense(page, header.page_size)) {
      index.trouble = fmt::format("the page header at offset {} makes no sense", at.value);
      break;
    }
    if (index.pages.empty() && header.version == 1 && page.address == kOldVirtualBase) base = kOldVirtualBase;
    const std::uint64_t frame = (page.flags & kMclx) != 0 ? page.address : (page.address - base) >> shift;
    if (frame < kPossibleFrames) index.pages.push_back({frame, at});
    at = at + kPageHeaderBytes + page.size;
  }
  std::ranges::stable_sort(index.pages, {}, &IndexEntry::frame);
  const auto repeated = std::ranges::unique(index.pages, {}, &IndexEntry::frame);
  index.pages.erase(repeated.begin(), repeated.end());
  return index;
}

DumpInfo describe(const File& file, const LkcdHeader& header, const Index& index) {
  DumpInfo info;
  info.format = fmt::format("LKCD version {} ({})", header.version, compression_name(header.compression));
  info.files = {file.path()};
  info.architecture = architecture_of_machine(header.machine);
  info.page_size = header.page_size;
  info.max_page_frame = index.pages.empty() ? 0 : index.pages.back().frame + 1;
  if (header.timestamp != 0) info.timestamp = header.timestamp;
  info.cpus = header.cpus;
  info.crash_cpu = header.crash_cpu;
  info.system_name = header.system_name;
  info.node_name = header.node_name;
  info.release = header.release;
  info.version = header.machine_version;
  info.machine = header.machine;
  info.panic = header.panic;
  info.notes = header.registers;
  if (!index.complete) {
    info.warnings.push_back(fmt::format("{} is incomplete: {}; it holds {} of {} pages",
                                        file.path().filename().string(), index.trouble, grouped(index.pages.size()),
                                        grouped(header.page_count)));
  }
  return info;
}

}  // namespace

Result<std::unique_ptr<Dump>> open_lkcd(std::shared_ptr<const File> file) {
  auto header = read_lkcd_header(*file);
  if (!header) return failure(std::move(header));
  auto index = index_pages(*file, *header);
  if (!index) return failure(std::move(index));
  if (index->pages.empty()) {
    return failure(ErrorCode::truncated_file,
                   fmt::format("{}: it holds no page: {}", file->path().string(),
                               index->trouble.empty() ? "only an end mark" : index->trouble));
  }
  DumpInfo info = describe(*file, *header, *index);
  return std::unique_ptr<Dump>{
      std::make_unique<LkcdDump>(std::move(info), std::move(file), header->compression, *std::move(index))};
}

}  // namespace alicia::dump

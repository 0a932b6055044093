// SPDX-License-Identifier: GPL-3.0-or-later
// kdump-compressed, in blocks of a page:
//   header | sub-header, VMCOREINFO, notes | bitmap of memory | bitmap of dumped pages | descriptors | pages
// A page's descriptor (offset u64, size u32, flags u32, page flags u64) is found by its rank, the number of dumped
// pages before it. All zero pages share the data of one. In a part of a split dump the bitmaps are whole and
// descriptors begin with the part's first frame. When makedumpfile runs out of room it says so in the header's status,
// and pages not written have descriptors of zeros. diskdump files are the same without the sub-header's contents; some
// have one bitmap only.
#include "dump/kdump_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "dump/messages.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kSurveyAtOpening = 1 << 16;
constexpr std::uint64_t kSurveyOfTruncated = std::uint64_t{1} << 24;
constexpr std::size_t kMostMemoryRanges = 1 << 16;

constexpr std::uint32_t kZlib = 1, kLzo = 2, kSnappy = 4, kZstd = 0x20;
constexpr std::uint32_t kAnyCompression = kZlib | kLzo | kSnappy | kZstd;

std::optional<Compression> compression_of_flags(std::uint32_t flags) {
  switch (flags & kAnyCompression) {
    case kZlib: return Compression::zlib;
    case kLzo: return Compression::lzo;
    case kSnappy: return Compression::snappy;
    case kZstd: return Compression::zstd;
    default: return std::nullopt;
  }
}

tl::unexpected<Error> as_truncated(const Error& error) {
  return error.code == ErrorCode::truncated_file ? absent_page(ErrorCode::page_truncated)
                                                 : tl::unexpected<Error>(error);
}

std::uint64_t bitmap_size(const KdumpHeader& header) {
  const std::uint64_t bytes = (header.max_page_frame + 7) / 8;
  return (bytes + header.block_size - 1) / header.block_size * header.block_size;
}

}  // namespace

bool KdumpPart::has_memory_bitmap() const {
  return header_.bitmap_bytes() >= 2 * bitmap_size(header_);
}

Result<KdumpPart> KdumpPart::open(std::shared_ptr<const File> file) {
  auto header = read_kdump_header(*file);
  if (!header) return failure(std::move(header));
  const bool two = header->bitmap_bytes() >= 2 * bitmap_size(*header);
  const std::uint64_t bytes = two ? header->bitmap_bytes() / 2 : header->bitmap_bytes();
  if (bytes < (header->max_page_frame + 7) / 8) {
    return failure(ErrorCode::corrupt, fmt::format("{}: its bitmap is too small for {} page frames",
                                                   file->path().string(), header->max_page_frame));
  }
  const FileOffset at = header->bitmap_offset() + (two ? bytes : 0);
  if (at.value >= file->size()) {
    return failure(ErrorCode::truncated_file, fmt::format("{}: the file ends after {} bytes, before its page bitmap",
                                                          file->path().string(), file->size()));
  }
  auto dumped = PageBitmap::index(file, at, header->max_page_frame);
  if (!dumped) return failure(std::move(dumped));
  KdumpPart part{std::move(file), *std::move(header), *std::move(dumped)};
  const auto first = part.dumped_.set_before(PageFrame{part.begin_frame()});
  if (!first) return failure(first);
  const auto last = part.dumped_.set_before(PageFrame{part.end_frame()});
  if (!last) return failure(last);
  part.first_index_ = *first;
  part.last_index_ = std::max(*first, *last);
  part.check_bitmap();
  return part;
}

Result<void> KdumpPart::absence(PageFrame frame) const {
  ErrorCode code = ErrorCode::page_excluded;
  if (has_memory_bitmap()) {
    std::byte bits{};
    const auto done = file_->read(header_.bitmap_offset() + frame.value / 8, {&bits, 1});
    if (done && ((std::to_integer<unsigned>(bits) >> (frame.value % 8)) & 1U) == 0) code = ErrorCode::no_memory_there;
  }
  return absent_page(code);
}

Result<KdumpPart::Descriptor> KdumpPart::descriptor(std::uint64_t index) const {
  std::array<std::byte, kDescriptorBytes> bytes{};
  if (auto done = file_->read(descriptor_offset(index), bytes); !done) return failure(std::move(done));
  return Descriptor{FileOffset{load<std::uint64_t>(bytes)}, load<std::uint32_t>(bytes, 8),
                    load<std::uint32_t>(bytes, 12)};
}

Result<Compression> KdumpPart::compression_of(const Descriptor& descriptor) const {
  if ((descriptor.flags & kAnyCompression) == 0) return Compression::none;
  if (const auto known = compression_of_flags(descriptor.flags)) return *known;
  return failure(ErrorCode::page_unreadable, fmt::format("page is damaged: flags {:#x}", descriptor.flags));
}

Result<KdumpPart::Descriptor> KdumpPart::locate(PageFrame frame) const {
  if (frame.value >= header_.max_page_frame) return absent_page(ErrorCode::no_memory_there);
  if (frame.value >= dumped_.known_frames()) return absent_page(ErrorCode::page_truncated);
  const auto rank = dumped_.rank(frame);
  if (!rank) return as_truncated(rank.error());
  if (shifted_ && shifted_->is_lost(frame.value))
    return failure(ErrorCode::page_unreadable, "the file's page bitmap is damaged here");
  const auto index = shifted_ ? shifted_->index(frame.value, *rank) : *rank;
  if (!index) return failure(absence(frame));
  const auto found = descriptor(*index - first_index_);
  if (!found) return as_truncated(found.error());
  if (found->offset.value == 0) {
    return failure(ErrorCode::page_truncated, "page was never written: makedumpfile ran out of room");
  }
  return found;
}

Result<void> KdumpPart::holds(PageFrame frame) const {
  const auto found = locate(frame);
  if (!found) return failure(found);
  if (!file_->has(found->offset, found->size)) return absent_page(ErrorCode::page_truncated);
  return {};
}

PageFrame KdumpPart::next_possible(PageFrame frame) const {
  return shifted_ ? frame : dumped_.next_possible(frame);  // a bitmap that doesn't fit the pages says nothing
}

Result<void> KdumpPart::load_page(PageFrame frame, std::span<std::byte> out) const {
  const auto found = locate(frame);
  if (!found) return failure(found);
  return unpack(*found, out);
}

Result<void> KdumpPart::unpack(const Descriptor& descriptor, std::span<std::byte> out) const {
  if (descriptor.size == 0 || descriptor.size > out.size()) {
    return failure(ErrorCode::page_unreadable, fmt::format("page is damaged: {} bytes long", descriptor.size));
  }
  const auto compression = compression_of(descriptor);
  if (!compression) return failure(compression);
  std::vector<std::byte> packed(descriptor.size);
  if (auto done = file_->read(descriptor.offset, packed); !done) return as_truncated(done.error());
  return decompress(*compression, packed, out).map_error([](Error error) {
    error.message = "page is damaged: " + error.message;
    return error;
  });
}

bool KdumpPart::is_plausible(const Descriptor& descriptor) const {
  return descriptor.size != 0 && descriptor.size <= header_.block_size && compression_of(descriptor) &&
         file_->has(descriptor.offset, descriptor.size);
}

/// The pages follow the descriptors, so the first one's place tells how many descriptors there are. Nothing where it
/// doesn't.
std::optional<std::uint64_t> KdumpPart::count_descriptors() const {
  constexpr std::uint64_t kLookedAt = 1024;
  const std::uint64_t begin = descriptor_offset(0).value;
  std::vector<std::byte> bytes(kLookedAt * kDescriptorBytes);
  const auto got = file_->read_some(FileOffset{begin}, bytes);
  if (!got) return std::nullopt;
  std::uint64_t first = ~std::uint64_t{0};
  for (std::size_t at = 0; at + kDescriptorBytes <= *got && begin + at < first; at += kDescriptorBytes) {
    const auto offset = load<std::uint64_t>(bytes, at);
    if (offset > begin && (offset - begin) % kDescriptorBytes == 0) first = std::min(first, offset);
  }
  if (first == ~std::uint64_t{0}) return std::nullopt;
  // A damaged one may have named the place: the last descriptors before it have to be some.
  const std::uint64_t count = (first - begin) / kDescriptorBytes;
  unsigned plausible = 0, seen = 0;
  for (std::uint64_t back = 1; back <= std::min<std::uint64_t>(count, 8); ++back, ++seen) {
    const auto found = descriptor(count - back);
    plausible += found && is_plausible(*found) && found->offset.value >= first ? 1U : 0U;
  }
  return plausible * 2 > seen ? std::optional(count) : std::nullopt;
}

/// Eight bits of the bitmap of memory, or of the one of dumped pages.
std::uint8_t KdumpPart::bits(std::uint64_t byte, bool memory) const {
  if (memory && !has_memory_bitmap()) return 0xff;
  const std::uint64_t half = has_memory_bitmap() ? header_.bitmap_bytes() / 2 : 0;
  std::byte found{};
  if (!file_->read(header_.bitmap_offset() + (memory ? 0 : half) + byte, {&found, 1})) return 0;
  return std::to_integer<std::uint8_t>(found);
}

void KdumpPart::check_bitmap() {
  if (header_.split || header_.diskdump || dumped_.known_frames() < header_.max_page_frame) return;
  const auto count = count_descriptors();
  if (!count || *count == page_count()) return;
  ShiftedPages::Source source;
  source.pages = *count;
  source.frames = header_.max_page_frame;
  source.phys_base = static_cast<std::int64_t>(header_.phys_base.value_or(0));
  source.page_bytes = header_.block_size;
  source.load = [this](std::uint64_t index, std::span<std::byte> out) {
    const auto found = descriptor(index);
    return found && unpack(*found, out);
  };
  source.set_before = [this](std::uint64_t frame) { return dumped_.set_before(PageFrame{frame}).value_or(0); };
  source.dumped = [this](std::uint64_t byte) { return bits(byte, false); };
  source.memory = [this](std::uint64_t byte) { return bits(byte, true); };
  shifted_ = ShiftedPages::find(source);
  descriptors_ = *count;
}

std::optional<std::string> KdumpPart::bitmap_damage() const {
  if (!descriptors_) return std::nullopt;
  const std::string name = file_->path().filename().string();
  std::string what = fmt::format("the page bitmap of {} is damaged: it has {} pages, the file {}; ", name,
                                 grouped(last_index_ - first_index_), grouped(*descriptors_));
  if (!shifted_) return what + "pages may be another's";
  return what + fmt::format("pages told by what they hold where they could be; {} page frames may have lost theirs",
                            grouped(shifted_->lost_frames()));
}

std::optional<Compression> KdumpPart::compression() const {
  if (const auto known = compression_of_flags(header_.status)) return known;
  // Early makedumpfiles and diskdump don't say it in the header.
  for (std::uint64_t index = 0; index < std::min<std::uint64_t>(page_count(), 16); ++index) {
    const auto found = descriptor(index);
    if (!found) break;
    if (const auto known = compression_of_flags(found->flags)) return known;
  }
  return std::nullopt;
}

KdumpPart::Extent KdumpPart::survey(std::uint64_t from, std::uint64_t to) const {
  constexpr std::size_t kAtOnce = 4096;
  Extent extent{descriptor_offset(to).value, 0, 0};
  // No writer packs a page into more than its size, so what lies farther is damage and no sign of a missing end.
  const std::uint64_t farthest = descriptor_offset(page_count()).value + page_count() * header_.block_size;
  std::vector<std::byte> bytes(std::min<std::uint64_t>(kAtOnce, to - std::min(from, to)) * kDescriptorBytes);
  while (from < to) {
    const std::uint64_t count = std::min<std::uint64_t>(kAtOnce, to - from);
    const auto got = file_->read_some(descriptor_offset(from), std::span{bytes}.first(count * kDescriptorBytes));
    const std::uint64_t whole = got ? *got / kDescriptorBytes : 0;
    for (std::size_t at = 0; at < whole * kDescriptorBytes; at += kDescriptorBytes) {
      const auto offset = load<std::uint64_t>(bytes, at);
      const std::uint64_t size = load<std::uint32_t>(bytes, at + 8);
      if (!fits(offset, size, farthest)) continue;
      extent.end = std::max(extent.end, offset + size);
      if (!file_->has(FileOffset{offset}, size)) ++extent.lost;
      if (offset == 0) ++extent.unwritten;
    }
    if (whole < count) {
      extent.lost += to - from - whole;
      break;
    }
    from += count;
  }
  return extent;
}

std::optional<std::string> KdumpPart::truncation() const {
  const std::string name = file_->path().filename().string();
  if (dumped_.known_frames() < header_.max_page_frame) {
    return fmt::format("{} is truncated: after {} bytes it ends within its page bitmap; no page is left", name,
                       file_->size());
  }
  const std::uint64_t pages = page_count();
  // Pages are written in the order of their descriptors, so the last ones tell whether the file is whole.
  const Extent tail = survey(pages - std::min(pages, kSurveyAtOpening), pages);
  if (tail.lost == 0) return std::nullopt;
  if (descriptor_offset(pages).value > file_->size()) {
    const std::uint64_t known =
        (file_->size() - std::min(file_->size(), descriptor_offset(0).value)) / kDescriptorBytes;
    const Extent all = survey(0, std::min(known, kSurveyOfTruncated));
    return fmt::format(
        "{} is truncated: after {} bytes it ends within its page table; {} of {} pages lie beyond its end", name,
        file_->size(), grouped(all.lost + pages - known), grouped(pages));
  }
  if (pages > kSurveyOfTruncated) {
    return fmt::format("{} is truncated: {} of {} bytes; at least {} of {} pages lie beyond its end", name,
                       file_->size(), tail.end, grouped(tail.lost), grouped(pages));
  }
  const Extent all = survey(0, pages);
  return truncation_message(*file_, all.end, all.lost, pages);
}

std::optional<std::string> KdumpPart::incompleteness() const {
  if (!header_.incomplete()) return std::nullopt;
  const std::uint64_t pages = std::min(page_count(), kSurveyOfTruncated);
  return fmt::format("{} is incomplete: makedumpfile ran out of room before {} of {} pages",
                     file_->path().filename().string(), grouped(survey(0, pages).unwritten), grouped(pages));
}

std::vector<PhysicalRange> KdumpPart::memory() const {
  std::vector<PhysicalRange> ranges;
  if (!has_memory_bitmap()) return ranges;
  const std::uint64_t page_size = header_.block_size;
  const std::uint64_t frames = header_.max_page_frame;
  const std::uint64_t bytes = (frames + 7) / 8;
  std::vector<std::byte> chunk(std::min<std::uint64_t>(bytes, std::uint64_t{1} << 20));
  std::optional<std::uint64_t> run;
  const auto see = [&](std::uint64_t frame, bool present) {
    if (present == run.has_value()) return;
    if (run) ranges.push_back({PhysicalAddress{*run * page_size}, PhysicalAddress{frame * page_size}});
    run = present ? std::optional{frame} : std::nullopt;
  };
  for (std::uint64_t at = 0; at < bytes && ranges.size() < kMostMemoryRanges;) {
    const std::uint64_t data = file_->next_data(header_.bitmap_offset() + at).value - header_.bitmap_offset().value;
    if (data > at) see(at * 8, false);
    at = std::min(data, bytes);
    const auto got = file_->read_some(header_.bitmap_offset() + at,
                                      std::span{chunk}.first(std::min<std::uint64_t>(chunk.size(), bytes - at)));
    if (!got || *got == 0) break;
    for (std::size_t index = 0; index < *got; ++index) {
      const auto bits = std::to_integer<unsigned>(chunk[index]);
      if (bits == (run ? 0xffU : 0U)) continue;
      const std::uint64_t first = (at + index) * 8;
      for (unsigned bit = 0; bit < 8 && first + bit < frames; ++bit)
        see(first + bit, ((bits >> bit) & 1U) != 0);
    }
    at += *got;
  }
  if (ranges.size() >= kMostMemoryRanges) return {};
  see(frames, false);
  return ranges;
}

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "dump/decompress.hpp"
#include "dump/dump.hpp"
#include "dump/file.hpp"
#include "dump/kdump_header.hpp"
#include "dump/page_bitmap.hpp"
#include "dump/shifted_pages.hpp"

namespace alicia::dump {

/// One file of a kdump-compressed dump: all of it, or the frames of one part of a split dump.
class KdumpPart {
 public:
  static Result<KdumpPart> open(std::shared_ptr<const File> file);

  const KdumpHeader& header() const { return header_; }
  const File& file() const { return *file_; }
  std::uint64_t begin_frame() const { return header_.split ? header_.start_frame : 0; }
  std::uint64_t end_frame() const { return header_.split ? header_.end_frame : header_.max_page_frame; }
  bool contains(PageFrame frame) const { return frame.value >= begin_frame() && frame.value < end_frame(); }

  /// Fills `out`, a page long.
  Result<void> load_page(PageFrame frame, std::span<std::byte> out) const;
  /// Whether load_page() would find the page's bytes.
  Result<void> holds(PageFrame frame) const;
  /// The first frame from `frame` on that load_page() may find.
  PageFrame next_possible(PageFrame frame) const;

  /// How the pages are compressed, from the header or from the first pages' descriptors; nothing if none is.
  std::optional<Compression> compression() const;
  /// What lies beyond the end of the file, in one line; nothing if all is there.
  std::optional<std::string> truncation() const;
  /// What makedumpfile had no room for, in one line; nothing if the dump is complete.
  std::optional<std::string> incompleteness() const;
  /// What is wrong with the bitmap of dumped pages, in one line; nothing where it is right as far as can be told.
  std::optional<std::string> bitmap_damage() const;
  /// Runs of set bits in the bitmap of the machine's memory; empty if the file has none or there are too many.
  std::vector<PhysicalRange> memory() const;

 private:
  struct Descriptor {
    FileOffset offset;
    std::uint32_t size = 0;
    std::uint32_t flags = 0;
  };
  struct Extent {
    std::uint64_t end = 0;        ///< the highest offset any page reaches
    std::uint64_t lost = 0;       ///< pages that reach beyond the file
    std::uint64_t unwritten = 0;  ///< pages without a place
  };

  KdumpPart(std::shared_ptr<const File> file, KdumpHeader header, PageBitmap dumped)
      : file_(std::move(file)), header_(std::move(header)), dumped_(std::move(dumped)) {}

  bool has_memory_bitmap() const;
  std::optional<std::uint64_t> count_descriptors() const;
  void check_bitmap();
  std::uint8_t bits(std::uint64_t byte, bool memory) const;
  bool is_plausible(const Descriptor& descriptor) const;
  /// Unpacks the page of a descriptor.
  Result<void> unpack(const Descriptor& descriptor, std::span<std::byte> out) const;
  Result<void> absence(PageFrame frame) const;
  Result<Descriptor> descriptor(std::uint64_t index) const;
  /// Where the page lies in the file.
  Result<Descriptor> locate(PageFrame frame) const;
  Result<Compression> compression_of(const Descriptor& descriptor) const;
  std::uint64_t page_count() const { return descriptors_.value_or(last_index_ - first_index_); }
  FileOffset descriptor_offset(std::uint64_t index) const { return header_.descriptors_offset() + index * 24; }
  /// Looks at the descriptors [from, to) in large reads.
  Extent survey(std::uint64_t from, std::uint64_t to) const;

  std::shared_ptr<const File> file_;
  KdumpHeader header_;
  PageBitmap dumped_;
  std::optional<std::uint64_t> descriptors_;  ///< as many as there are, where that isn't what the bitmap says
  std::optional<ShiftedPages> shifted_;
  std::uint64_t first_index_ = 0;  ///< pages before the part's first frame; they are in other files
  std::uint64_t last_index_ = 0;   ///< pages before its end frame
};

}  // namespace alicia::dump

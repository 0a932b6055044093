// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// A bitmap in a file, one bit a page frame, least significant bit first, with the number of set bits before each
/// block. The bits themselves stay in the file: a terabyte of 4 KiB pages costs 2 MiB of memory and one pass over
/// 32 MiB; a lookup costs one read of a block (128 bytes).
class PageBitmap {
 public:
  /// Counts the bits of frames [0, frames) in one pass. Where the file ends early, fewer frames are known.
  static Result<PageBitmap> index(std::shared_ptr<const File> file, FileOffset offset, std::uint64_t frames);

  /// Frames whose bit is in the file: less than asked for in a truncated one.
  std::uint64_t known_frames() const { return known_; }
  /// Set bits among the known frames.
  std::uint64_t count() const { return before_.back(); }
  /// The number of set bits before `frame` if its own bit is set, else nothing. `frame` < known_frames().
  /// Errors: page_unreadable, truncated_file.
  Result<std::optional<std::uint64_t>> rank(PageFrame frame) const;
  /// The first frame from `frame` on in whose block a bit is set; no_frame if there is none.
  PageFrame next_possible(PageFrame frame) const;
  /// The number of set bits before `frame`, whatever its own; the count for a frame beyond the known ones.
  Result<std::uint64_t> set_before(PageFrame frame) const;

 private:
  PageBitmap(std::shared_ptr<const File> file, FileOffset offset, std::uint64_t frames);
  Result<void> count_bits();
  /// The block of `frame`, read from the file: set bits before the frame within it, and the frame's own bit.
  struct Local {
    std::uint64_t before = 0;
    bool set = false;
  };
  Result<Local> look_at(std::uint64_t frame) const;

  std::shared_ptr<const File> file_;
  FileOffset offset_;
  std::uint64_t known_ = 0;
  std::uint64_t block_bytes_;
  std::vector<std::uint64_t> before_;  ///< set bits before each block; one more entry for the total
};

}  // namespace alicia::dump

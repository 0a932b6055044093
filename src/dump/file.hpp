// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace alicia::dump {

/// Positioned reads over a file, or over what a flattened file stands for. Nothing is mapped: a file that shrinks while
/// it is open gives short reads, never SIGBUS. Safe to call from several threads.
class File {
 public:
  virtual ~File() = default;
  virtual const std::filesystem::path& path() const = 0;
  /// Bytes, as far as known when the file was opened.
  virtual std::uint64_t size() const = 0;
  /// Reads as many bytes as there are, at most out.size(); fewer only where the data ends.
  /// Errors: page_unreadable (the operating system's reason).
  virtual Result<std::size_t> read_some(FileOffset offset, std::span<std::byte> out) const = 0;
  /// True if these bytes are in the file, as far as known when it was opened.
  virtual bool has(FileOffset offset, std::uint64_t length) const { return fits(offset.value, length, size()); }
  /// True for what a flattened file stands for.
  virtual bool flattened() const { return false; }
  /// True for /proc/kcore: what was read may be another a moment later, and is not to be kept.
  virtual bool changes() const { return false; }
  /// What is wrong with the file whatever it holds, in one line.
  virtual std::optional<std::string> damage() const { return std::nullopt; }
  /// The first offset at or after `offset` that may hold anything but zeros; size() if there is none. Sparse files
  /// describing terabytes are indexed in no time that way.
  virtual FileOffset next_data(FileOffset offset) const { return offset; }
  /// Tells the operating system that the whole file is about to be read from its start.
  virtual void expect_sequential_reads() const {}

  /// Reads all of `out`. Errors: truncated_file, page_unreadable.
  Result<void> read(FileOffset offset, std::span<std::byte> out) const;
  /// Reads `length` bytes; more than `bound` are refused (corrupt), as is what doesn't lie in the file
  /// (truncated_file). `what` names the thing in messages.
  Result<std::vector<std::byte>> read_block(FileOffset offset, std::uint64_t length, std::uint64_t bound,
                                            const char* what) const;
};

/// Opens a regular file or a block device. Errors: cannot_open.
Result<std::unique_ptr<File>> open_file(const std::filesystem::path& path);

}  // namespace alicia::dump

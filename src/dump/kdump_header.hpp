// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/error.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// A stretch of the file that a sub-header names; size 0 where there is none.
struct FileArea {
  FileOffset offset;
  std::uint64_t size = 0;
};

/// What describes a page: its place in the file, its size there, its flags; on any machine the same.
inline constexpr std::size_t kDescriptorBytes = 24;

/// Header and sub-header of a kdump-compressed or diskdump file, whichever width it was written with.
struct KdumpHeader {
  bool diskdump = false;  ///< signed `DISKDUMP`: no sub-header that this reads
  bool wide = true;       ///< 64-bit layout
  std::int32_t version = 0;
  std::string system_name, node_name, release, machine_version, machine;
  std::uint64_t timestamp = 0;
  std::uint32_t status = 0;
  std::uint32_t block_size = 0;
  std::uint32_t sub_header_blocks = 0;
  std::uint32_t bitmap_blocks = 0;
  std::uint64_t max_page_frame = 0;
  std::uint32_t current_cpu = 0;
  std::uint32_t cpus = 0;
  // From the sub-header, as far as the version has them.
  std::optional<std::uint64_t> phys_base;
  std::optional<unsigned> dump_level;
  bool split = false;
  std::uint64_t start_frame = 0;  ///< of a split dump's part
  std::uint64_t end_frame = 0;    ///< one past its last
  FileArea vmcoreinfo, notes, eraseinfo;

  bool incomplete() const { return (status & 8U) != 0; }
  FileOffset bitmap_offset() const {
    return FileOffset{std::uint64_t{block_size} * (1 + std::uint64_t{sub_header_blocks})};
  }
  std::uint64_t bitmap_bytes() const { return std::uint64_t{block_size} * bitmap_blocks; }
  FileOffset descriptors_offset() const { return bitmap_offset() + bitmap_bytes(); }
};

/// True if these first bytes of a file are a kdump-compressed or diskdump header.
bool is_kdump(std::span<const std::byte> head);

/// Errors: truncated_file, corrupt, wrong_architecture (big-endian), page_unreadable.
Result<KdumpHeader> read_kdump_header(const File& file);

}  // namespace alicia::dump

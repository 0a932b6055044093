// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "dump/decompress.hpp"
#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// The header of an LKCD dump, of whichever version, and the registers of its second header.
struct LkcdHeader {
  unsigned version = 0;  ///< without MCLX's marks
  bool wide = false;     ///< longs of 64 bits
  std::uint32_t page_size = 0;
  std::uint32_t dump_level = 0;
  std::uint32_t page_count = 0;  ///< as the header has it
  std::string panic;
  std::uint64_t timestamp = 0;
  std::string system_name, node_name, release, machine_version, machine;
  std::uint64_t current_task = 0;
  Compression compression = Compression::rle;
  FileOffset first_page;
  std::optional<unsigned> cpus;
  std::optional<unsigned> crash_cpu;
  std::vector<Note> registers;  ///< an NT_PRSTATUS a processor
};

/// True if these first bytes of a file are an LKCD header, in whichever byte order.
bool is_lkcd(std::span<const std::byte> head);

/// Errors: truncated_file, corrupt, wrong_architecture (big-endian), not_supported (a version unknown).
Result<LkcdHeader> read_lkcd_header(const File& file);

}  // namespace alicia::dump

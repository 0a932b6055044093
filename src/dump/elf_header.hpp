// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// A program header, of either class.
struct ElfSegment {
  std::uint32_t type = 0;
  FileOffset offset;
  VirtualAddress virtual_address;
  PhysicalAddress physical_address;
  std::uint64_t file_size = 0;
  std::uint64_t memory_size = 0;
};

/// What this needs of an ELF header, of either class.
struct ElfHeader {
  bool wide = true;  ///< ELFCLASS64
  std::uint16_t type = 0;
  std::uint16_t machine = 0;
  FileOffset program_headers;
  FileOffset section_headers;
  std::uint64_t program_header_count = 0;
  std::uint16_t section_header_count = 0;
};

constexpr std::uint16_t kElfCore = 4;
constexpr std::uint32_t kPtLoad = 1;
constexpr std::uint32_t kPtNote = 4;

/// True if these first bytes of a file are those of any ELF file.
bool is_elf(std::span<const std::byte> head);

/// Reads the header; where there are 65,535 program headers or more, section 0 has their number. Errors:
/// truncated_file, wrong_architecture (big-endian), corrupt.
Result<ElfHeader> read_elf_header(const File& file);

/// All program headers, as far as they are in the file. Errors: corrupt, truncated_file (none is).
Result<std::vector<ElfSegment>> read_elf_segments(const File& file, const ElfHeader& header);

/// e_machine as the kernel's utsname has it: `x86_64`, `ppc64`, or `ELF machine 40`.
std::string elf_machine_name(std::uint16_t machine);

}  // namespace alicia::dump

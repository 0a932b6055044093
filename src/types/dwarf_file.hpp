// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libdwarf/libdwarf.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace alicia::types {

/// A file's DWARF, opened by libdwarf: sections of a linked file are mapped, those of an unlinked one read and
/// relocated.
class DwarfFile {
 public:
  /// Errors: cannot_open, wrong_format (no ELF file, or one without DWARF).
  static Result<DwarfFile> open(const std::filesystem::path& path);
  DwarfFile(DwarfFile&& other) noexcept;
  DwarfFile& operator=(DwarfFile&&) = delete;
  ~DwarfFile();

  Dwarf_Debug debug() const { return debug_; }
  /// Bytes of the file.
  std::uint64_t size() const { return size_; }
  /// In hexadecimal; empty where the file has none.
  const std::string& build_id() const { return build_id_; }

 private:
  class Mapping;
  DwarfFile();

  std::unique_ptr<Mapping> mapping_;
  Dwarf_Debug debug_ = nullptr;
  std::uint64_t size_ = 0;
  std::string build_id_;
};

}  // namespace alicia::types

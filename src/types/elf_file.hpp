// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace alicia::types {

/// A file opened for its bytes or, where it is ELF, its sections.
class ElfFile {
 public:
  /// Error: cannot_open.
  static Result<ElfFile> open(const std::filesystem::path& path);
  ElfFile(ElfFile&& other) noexcept;
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile();

  bool is_elf() const;
  /// The bytes of the section called `name`. Error: wrong_format.
  Result<std::vector<std::byte>> section(std::string_view name) const;
  bool has_section(std::string_view name) const;
  /// The build-id in hexadecimal; empty where there is none.
  std::string build_id() const;
  /// The whole file. Errors: wrong_format where it is longer than `limit`, cannot_open.
  Result<std::vector<std::byte>> contents(std::size_t limit) const;

 private:
  /// Calls `found` with the section called `name`. Error: wrong_format.
  template <class Found>
  Result<void> find_section(std::string_view name, Found&& found) const;
  explicit ElfFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "types/type.hpp"

namespace alicia::types {

/// The types of a vmlinux, a `.debug` file, a module or a Kerntypes object as its DWARF (2 to 5) has them. Units are
/// looked through as far as a question needs; once all have been, and that took long, their names are kept in
/// `cache` under the file's build-id.
class DwarfSource final : public TypeSource {
 public:
  /// `cache` is a folder, made when needed; empty: nothing is kept. Errors: cannot_open, wrong_format (no DWARF),
  /// not_supported (4 GB of it).
  static Result<std::unique_ptr<DwarfSource>> open(const std::filesystem::path& path,
                                                   const std::filesystem::path& cache = default_cache());
  ~DwarfSource() override;
  /// `$XDG_CACHE_HOME/alicia/dwarf`, or the same below `~/.cache`; empty where there is no home.
  static std::filesystem::path default_cache();

  std::optional<TypeId> find(Tag tag, std::string_view name) override;
  const Type& type(TypeId id) override;

  /// The type of a global or static variable; of several static ones the first.
  std::optional<TypeRef> find_variable(std::string_view name) override;
  /// The prototype of a function.
  std::optional<TypeRef> find_function(std::string_view name) override;

 private:
  struct Parts;
  explicit DwarfSource(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace alicia::types

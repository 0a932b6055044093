// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace alicia::types {

/// Where DWARF defines what is named so: the first definition of each name, or a declaration where there is none yet.
class DwarfIndex {
 public:
  enum Space : std::uint8_t { structure, union_, enumeration, typedef_, base, variable, function, spaces };
  struct Entry {
    std::uint32_t offset = 0;
    bool declaration = false;
  };

  void add(Space space, std::string_view name, Entry entry);
  std::optional<Entry> find(Space space, std::string_view name) const;
  /// Whether nothing better can be added under that name.
  bool defined(Space space, std::string_view name) const {
    const auto found = find(space, name);
    return found && !found->declaration;
  }

  /// Reads or writes the index as a file. False where that is not possible, or the file is something else, damaged or
  /// of debug information with another size. An offset that is none, in a file that was tampered with, is libdwarf's to
  /// refuse. Of the indices in a folder the `most_kept` used last stay.
  /// @param debug_size bytes of the file that the offsets are of
  bool load(const std::filesystem::path& path, std::uint64_t debug_size);
  bool save(const std::filesystem::path& path, std::uint64_t debug_size) const;
  static constexpr std::size_t most_kept = 16;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::array<std::unordered_map<std::string, Entry, Hash, std::equal_to<>>, spaces> names_;
};

}  // namespace alicia::types

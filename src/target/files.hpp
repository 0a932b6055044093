// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace alicia::target {

/// The files a target is made of. Only the dump is needed.
struct Files {
  std::vector<std::filesystem::path> dump;   ///< more than one: parts of a split dump
  std::filesystem::path kernel;              ///< vmlinux, or its .debug file; may be empty
  std::filesystem::path map;                 ///< System.map; may be empty
  std::vector<std::filesystem::path> types;  ///< Kerntypes, raw BTF, modules' .ko and .ko.debug files
  bool refuse_btf = false;                   ///< types come from DWARF alone
  std::filesystem::path debug_folder =
      "/usr/lib/debug";  ///< where debug information is installed; empty: not looked for
};

}  // namespace alicia::target

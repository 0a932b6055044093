// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "process/unique_fd.hpp"

namespace alicia::shell {

/// The lines typed, kept from session to session: a text file that is only ever appended to, so that several sessions
/// share it, and cut to its last lines when one begins. Readable by its owner alone, since lines may hold secrets.
class HistoryFile {
 public:
  /// `$XDG_STATE_HOME/alicia/history`, or `~/.local/state/alicia/history`; empty where neither variable is set.
  static std::filesystem::path default_path();

  /// Lines are kept in memory until `open`.
  explicit HistoryFile(std::size_t most_lines = 10000) : most_lines_(most_lines) {}
  /// Reads the file, making it and its folder where they are missing. Error: cannot_open.
  Result<void> open(const std::filesystem::path& file);
  /// Oldest first.
  const std::vector<std::string>& lines() const { return lines_; }
  /// Keeps a line, unless it is empty or the same as the last. What cannot be written is kept in memory.
  void add(const std::string& line);

 private:
  Result<void> cut(const std::filesystem::path& file);

  std::size_t most_lines_;
  std::vector<std::string> lines_;
  process::UniqueFd descriptor_;
};

}  // namespace alicia::shell

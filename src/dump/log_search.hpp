// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace alicia::dump {

/// Finds the kernel's log in memory that nothing leads into. Pages are shown to it in the order of their addresses.
class LogSearch {
 public:
  /// @param alignment of the records within what is shown: 8, or 4 where pages lie in the file as chance would have it
  explicit LogSearch(std::size_t alignment = 8) : alignment_(alignment) {}

  /// @param number of the page: those with numbers that follow each other lie side by side
  void look_at(std::uint64_t number, std::span<const std::byte> page);
  /// The text of the records found, the oldest first.
  std::vector<std::string> records();

 private:
  void parse_run();

  std::size_t alignment_;
  std::vector<std::byte> previous_;  ///< the page before, in case the log begins in it
  std::optional<std::uint64_t> last_number_;
  bool previous_kept_ = false;
  bool previous_had_log_ = false;
  std::vector<std::byte> run_;  ///< pages side by side that hold parts of a log
  std::map<std::int64_t, std::string> found_;
};

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "dump/dump.hpp"
#include "unit/dump/temporary_folder.hpp"
#include "unit/dump/tiny_dump.hpp"

namespace alicia::dump::test {

/// Dumps made from descriptions, opened through files as a user's are.
class Opened {
 public:
  explicit Opened(const std::vector<std::string>& contents) {
    std::vector<std::filesystem::path> paths;
    for (const auto& content : contents) {
      paths.push_back(folder_.write("part" + std::to_string(paths.size()), content));
    }
    result_ = open_dump(paths);
    if (ok()) expect_nothing_passed_over();
  }
  static Opened described(const std::string& description) { return Opened{{tiny_dump(description)}}; }

  bool ok() const { return result_.has_value(); }
  const Error& error() const { return result_.error(); }
  const Dump& dump() const { return **result_; }
  const DumpInfo& info() const { return dump().info(); }
  const TemporaryFolder& folder() const { return folder_; }

  /// The page's bytes, or why there are none.
  std::string page(std::uint64_t frame) const {
    const auto page = dump().page(PageFrame{frame});
    if (!page) return std::string{error_code_name(page.error().code)};
    return {reinterpret_cast<const char*>(page->bytes.get()), info().page_size};
  }
  /// What was read, or the reason and where.
  std::string read(std::uint64_t address, std::size_t size) const {
    std::string bytes(size, '?');
    const auto done = dump().read(PhysicalAddress{address}, std::as_writable_bytes(std::span{bytes}));
    return done ? bytes : done.error().message;
  }

 private:
  /// No page that the dump holds is passed over in a search, whatever the format.
  void expect_nothing_passed_over() const {
    const PageFrame end{std::min<std::uint64_t>(info().max_page_frame, 50'000)};
    for (PageFrame frame; frame < end; frame = frame + 1) {
      const PageFrame next = dump().next_possible(frame);
      EXPECT_GE(next, frame);
      EXPECT_FALSE(frame < next && dump().holds(frame)) << frame.value;
    }
    EXPECT_GE(dump().next_possible(end), end);
  }

  TemporaryFolder folder_;
  Result<std::unique_ptr<Dump>> result_;
};

}  // namespace alicia::dump::test

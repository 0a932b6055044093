// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dump/dump.hpp"

namespace alicia::dump::test {

/// What a command prints; throws if it fails.
inline std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string text;
  for (int character = 0; (character = std::fgetc(pipe)) != EOF;)
    text += static_cast<char>(character);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return text;
}

/// The folder of a scenario's dump, made if it isn't there yet.
inline std::filesystem::path scenario(const std::string& name) {
  const std::string path = output_of(std::string{ALICIA_DUMP_FACTORY} + " --path " + name + " 2>/dev/null");
  return path.substr(0, path.find('\n'));
}

inline std::unique_ptr<Dump> open_or_throw(const std::vector<std::filesystem::path>& paths) {
  auto dump = open_dump(paths);
  if (!dump) throw std::runtime_error(dump.error().message);
  return *std::move(dump);
}

inline bool is_zero(const Page& page, std::size_t size) {
  static const std::vector<std::byte> zeros(65536);
  return std::memcmp(page.bytes.get(), zeros.data(), size) == 0;
}

/// Counts what two dumps say of each page frame: `equal`, `DIFFERENT`, or both states (`present`, `zero`, or the name
/// of the error), as `present/page_excluded`. Looks at every `stride`th frame.
inline std::map<std::string, std::uint64_t> compare(const Dump& one, const Dump& other, std::uint64_t stride = 1) {
  std::map<std::string, std::uint64_t> counts;
  const std::size_t size = one.info().page_size;
  const auto state = [size](const Result<Page>& page) -> std::string {
    if (page) return is_zero(*page, size) ? "zero" : "present";
    return std::string{error_code_name(page.error().code)};
  };
  const std::uint64_t frames = std::max(one.info().max_page_frame, other.info().max_page_frame);
  for (std::uint64_t frame = 0; frame < frames; frame += stride) {
    const auto left = one.page(PageFrame{frame});
    const auto right = other.page(PageFrame{frame});
    if (left && right) {
      ++counts[std::memcmp(left->bytes.get(), right->bytes.get(), size) == 0 ? "equal" : "DIFFERENT"];
    } else {
      ++counts[state(left) + "/" + state(right)];
    }
  }
  return counts;
}

}  // namespace alicia::dump::test

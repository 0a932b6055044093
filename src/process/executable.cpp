// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/executable.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace alicia::process {
namespace {

bool runnable(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

std::string why_not(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return "it is a directory";
  return ::access(file.c_str(), X_OK) == 0 ? "it is no regular file" : std::strerror(errno);
}

}  // namespace

Result<std::filesystem::path> find_executable(std::string_view name) {
  if (name.empty()) return failure(ErrorCode::cannot_open, "no program is named");
  if (name.find('/') != name.npos) {
    if (runnable(name)) return std::filesystem::path(name);
    return failure(ErrorCode::cannot_open, fmt::format("cannot run {}: {}", name, why_not(name)));
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (true) {
    const auto colon = rest.find(':');
    const auto folder = rest.substr(0, colon);
    const auto file = std::filesystem::path(folder.empty() ? "." : folder) / name;
    if (runnable(file)) return file;
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  return failure(ErrorCode::cannot_open, fmt::format("no program named {} on PATH", name));
}

}  // namespace alicia::process

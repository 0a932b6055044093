// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/history_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/output.hpp"

namespace alicia::shell {
namespace {

tl::unexpected<Error> cannot_keep(const std::filesystem::path& file, const std::string& why) {
  return failure(ErrorCode::cannot_open, fmt::format("cannot keep history in {}: {}", file.string(), why));
}

}  // namespace

std::filesystem::path HistoryFile::default_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "alicia/history";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return std::filesystem::path(home) / ".local/state/alicia/history";
  return {};
}

Result<void> HistoryFile::open(const std::filesystem::path& file) {
  if (file.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) return cannot_keep(file, error.message());
  process::UniqueFd descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
  struct stat status {};
  if (!descriptor || fstat(descriptor.get(), &status) != 0) return cannot_keep(file, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return cannot_keep(file, "no regular file");
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines_.push_back(std::move(line));
  }
  descriptor_ = std::move(descriptor);
  if (lines_.size() <= most_lines_) return {};
  lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(most_lines_));
  return cut(file);
}

Result<void> HistoryFile::cut(const std::filesystem::path& file) {
  // A new file under the old name: a session that still has the old one open loses its lines, and spoils nothing.
  const std::string fresh = fmt::format("{}.{}", file.string(), getpid());
  process::UniqueFd descriptor(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!descriptor) return cannot_keep(file, std::strerror(errno));
  std::string text;
  for (const auto& line : lines_)
    text += line + "\n";
  if (!FileOutput(descriptor.get()).write(text) || rename(fresh.c_str(), file.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    unlink(fresh.c_str());
    return cannot_keep(file, why);
  }
  descriptor_ = std::move(descriptor);
  return {};
}

void HistoryFile::add(const std::string& line) {
  if (line.empty() || (!lines_.empty() && lines_.back() == line)) return;
  lines_.push_back(line);
  if (descriptor_) FileOutput(descriptor_.get()).write(line + "\n");
}

}  // namespace alicia::shell

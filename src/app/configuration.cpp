// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/configuration.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/escape.hpp"

namespace alicia::app {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Result<void> Configuration::read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream || std::filesystem::is_directory(file)) {
    return failure(ErrorCode::cannot_open,
                   fmt::format("cannot read {}: {}", file.string(), errno != 0 ? std::strerror(errno) : "a directory"));
  }
  std::string line;
  for (unsigned number = 1; std::getline(stream, line); ++number) {
    const std::string_view text = trimmed(std::string_view(line).substr(0, line.find('#')));
    if (text.empty()) continue;
    const auto equals = text.find('=');
    const std::string_view key = trimmed(text.substr(0, equals));
    const std::string_view value = equals == std::string_view::npos ? "" : trimmed(text.substr(equals + 1));
    if (key == "Crash" && !value.empty()) {
      crash = value;
    } else if (key == "Lcrash" && !value.empty()) {
      lcrash = value;
    } else {
      warnings.push_back(fmt::format("{}:{}: not understood: {}", file.string(), number, visible(text)));
    }
  }
  return {};
}

std::vector<std::filesystem::path> default_configuration_files() {
  std::vector<std::filesystem::path> files = {"/etc/alicia.conf"};
  const char* config_home = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (config_home != nullptr && *config_home != '\0') {
    files.push_back(std::filesystem::path(config_home) / "alicia/alicia.conf");
  } else if (home != nullptr && *home != '\0') {
    files.push_back(std::filesystem::path(home) / ".config/alicia/alicia.conf");
  }
  std::erase_if(files, [](const auto& file) {
    std::error_code ignored;
    return !std::filesystem::exists(file, ignored);
  });
  return files;
}

}  // namespace alicia::app

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/builtins.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "shell/help.hpp"
#include "shell/nearest_word.hpp"

namespace alicia::shell {
namespace {

std::optional<std::size_t> count(const std::string& word) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<void> Builtins::run(const std::string& name, const std::vector<std::string>& words) {
  if (name == "load") return load(words);
  if (name == "report") return shipped(name, words);
  if (name == "help") return Help(session_, engine_).show(words);
  if (name == "history") return show_history(words);
  if (name == "alicia") return alicia(words);
  return quit(words);
}

Result<void> Builtins::load(const std::vector<std::string>& words) {
  namespace fs = std::filesystem;
  if (words.empty()) return failure(ErrorCode::bad_argument, "load needs a file");
  for (const auto& word : words) {
    std::error_code ignored;
    fs::path file = word;
    for (auto folder = session_.settings().ldas_folders.begin();
         file.is_relative() && !fs::exists(file, ignored) && folder != session_.settings().ldas_folders.end();
         ++folder) {
      if (fs::exists(*folder / word, ignored)) file = *folder / word;
    }
    if (!fs::exists(file, ignored)) {
      return failure(ErrorCode::cannot_open,
                     fmt::format("cannot load {}: neither here nor in the folders of LDAS", word));
    }
    if (auto loaded = engine_.load(file); !loaded) return loaded;
  }
  return {};
}

Result<void> Builtins::shipped(const std::string& name, const std::vector<std::string>& words) {
  if (const auto* command = session_.commands().find(name)) return engine_.call_shipped(name, command->file, words);
  const auto nearest = nearest_word(name, session_.commands().names());
  return failure(ErrorCode::no_such_command, nearest.empty()
                                                 ? fmt::format("no shipped command: {}", name)
                                                 : fmt::format("no shipped command: {} ({}?)", name, nearest));
}

Result<void> Builtins::alicia(const std::vector<std::string>& words) {
  if (words.empty()) return failure(ErrorCode::bad_argument, "alicia needs a shipped command's name");
  return shipped(words.front(), {words.begin() + 1, words.end()});
}

Result<void> Builtins::show_history(const std::vector<std::string>& words) {
  const auto lines = history_();
  std::size_t wanted = lines.size();
  if (!words.empty()) {
    const auto number = count(words.front());
    if (!number || words.size() > 1) return failure(ErrorCode::bad_argument, "history takes one number of lines");
    wanted = std::min(*number, lines.size());
  }
  for (std::size_t i = lines.size() - wanted; i < lines.size(); ++i) {
    if (!session_.output().write(fmt::format("{:5}  {}\n", i + 1, lines[i]))) break;
  }
  return {};
}

Result<void> Builtins::quit(const std::vector<std::string>& words) {
  if (!words.empty()) return failure(ErrorCode::bad_argument, "quit takes no words");
  leaving_ = true;
  return {};
}

}  // namespace alicia::shell

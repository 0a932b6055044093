// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/input_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dump/dump.hpp"

namespace alicia::app {
namespace {

using dump::FileKind;

/// Puts `file` where the target wants it; a second map or kernel is a mistake worth a word.
Result<void> take(std::filesystem::path& place, const std::string& file, std::string_view what) {
  if (!place.empty()) {
    return failure(ErrorCode::bad_argument, fmt::format("two {}s: {} and {}", what, place.string(), file));
  }
  place = file;
  return {};
}

Result<void> sort_file(target::Files& files, const std::string& file, std::string& last_other) {
  const auto identity = dump::identify_file(file);
  if (!identity) return failure(identity);
  switch (identity->kind) {
    case FileKind::dump: files.dump.emplace_back(file); return {};
    case FileKind::unlinked_object:
    case FileKind::btf: files.types.emplace_back(file); break;
    case FileKind::elf_object:
    case FileKind::system_map: break;
    case FileKind::other:
      return failure(ErrorCode::wrong_format, fmt::format("cannot open {}: {}", file, identity->description));
  }
  last_other = fmt::format("{} is {}", file, identity->description);
  if (identity->kind == FileKind::system_map) return take(files.map, file, "map");
  return identity->kind == FileKind::elf_object ? take(files.kernel, file, "kernel") : Result<void>();
}

}  // namespace

debugger::FileRole file_role(const std::string& file) {
  const auto identity = dump::identify_file(file);
  if (!identity) return debugger::FileRole::other;
  switch (identity->kind) {
    case dump::FileKind::dump: return debugger::FileRole::dump;
    case dump::FileKind::elf_object:
    case dump::FileKind::unlinked_object: return debugger::FileRole::kernel;
    case dump::FileKind::system_map: return debugger::FileRole::map;
    case dump::FileKind::btf:
    case dump::FileKind::other: return debugger::FileRole::other;
  }
  return debugger::FileRole::other;
}

bool are_folders(const std::vector<std::string>& arguments) {
  std::error_code ignored;
  return std::all_of(arguments.begin(), arguments.end(),
                     [&](const std::string& file) { return std::filesystem::is_directory(file, ignored); });
}

Result<void> check_dump_folders(const std::vector<std::string>& folders) {
  constexpr std::size_t most_files = 10'000;
  for (const std::string& folder : folders) {
    std::error_code ignored;
    std::size_t seen = 0;
    bool found = false;
    for (std::filesystem::recursive_directory_iterator
             file(folder, std::filesystem::directory_options::skip_permission_denied, ignored),
         end;
         !found && file != end && seen < most_files; file.increment(ignored), ++seen) {
      found = file->is_regular_file(ignored) && file_role(file->path().string()) == debugger::FileRole::dump;
    }
    if (!found)
      return failure(ErrorCode::cannot_open, fmt::format("cannot open {}: a directory with no dump in it", folder));
  }
  return {};
}

Result<target::Files> sort_files(const std::vector<std::string>& arguments) {
  target::Files files;
  std::string last_other;
  for (const std::string& file : arguments) {
    if (auto sorted = sort_file(files, file, last_other); !sorted) return failure(std::move(sorted));
  }
  if (files.dump.empty()) return failure(ErrorCode::wrong_format, "no dump among the files: " + last_other);
  return files;
}

std::vector<std::string> lcrash_files(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const bool option = word.size() == 2 && word[0] == '-';
    if (!option) files.push_back(word);
    if (option && std::string_view("efw").find(word[1]) != std::string_view::npos) ++i;
  }
  return files;
}

target::Files sort_crash_files(const std::vector<std::string>& arguments) {
  const auto sorted = debugger::sort_crash_arguments(arguments, file_role, true);
  target::Files files;
  if (!sorted.dump.empty()) files.dump.emplace_back(sorted.dump);
  files.kernel = sorted.kernel;
  files.map = sorted.map;
  return files;
}

}  // namespace alicia::app

// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <utility>

#include "dump/dump.hpp"
#include "dump/elf.hpp"
#include "dump/file.hpp"
#include "dump/identify.hpp"
#include "dump/kdump.hpp"

namespace alicia::dump {
namespace {

struct Opened {
  std::shared_ptr<const File> file;
  Format format = Format::none;
};

Result<Opened> open_one(const std::filesystem::path& path) {
  auto file = open_file(path);
  if (!file) return failure(std::move(file));
  const auto recognised = recognise(**file);
  if (!recognised) return failure(recognised);
  if (recognised->format == Format::none) {
    const ErrorCode code = (*file)->size() == 0 ? ErrorCode::truncated_file : ErrorCode::wrong_format;
    return failure(code, fmt::format("{} is no dump but {}", path.string(), recognised->identity.description));
  }
  return Opened{*std::move(file), recognised->format};
}

}  // namespace

Result<std::unique_ptr<Dump>> open_dump(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) return failure(ErrorCode::bad_argument, "no dump file named");
  std::vector<std::shared_ptr<const File>> opened;
  Format format = Format::none;
  for (const auto& path : files) {
    auto one = open_one(path);
    if (!one) return failure(std::move(one));
    format = one->format;
    if (files.size() > 1 && format != Format::kdump) {
      return failure(ErrorCode::wrong_format, fmt::format("{} is not a part of a split dump", path.string()));
    }
    opened.push_back(std::move(one->file));
  }
  if (format == Format::elf) return open_elf(std::move(opened.front()));
  return open_kdump(std::move(opened));
}

}  // namespace alicia::dump

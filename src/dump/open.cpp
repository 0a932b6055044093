// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/open.hpp"

#include <fmt/format.h>

#include <utility>

#include "dump/buffered_file.hpp"
#include "dump/elf.hpp"
#include "dump/flattened.hpp"
#include "dump/identify.hpp"
#include "dump/kdump.hpp"
#include "dump/lkcd.hpp"

namespace alicia::dump {
namespace {

struct Opened {
  std::shared_ptr<const File> file;
  Format format = Format::none;
};

Result<Opened> open_recognised(std::shared_ptr<const File> file) {
  const auto recognised = recognise(*file);
  if (!recognised) return failure(recognised);
  if (recognised->format == Format::none) {
    const ErrorCode code = file->size() == 0 ? ErrorCode::truncated_file : ErrorCode::wrong_format;
    return failure(code, fmt::format("{} is no dump but {}", file->path().string(), recognised->identity.description));
  }
  return Opened{std::move(file), recognised->format};
}

Result<Opened> open_one(std::shared_ptr<const File> file) {
  auto opened = open_recognised(std::move(file));
  if (!opened || opened->format != Format::flattened) return opened;
  auto inner = unflatten(std::move(opened->file));
  if (!inner) return failure(std::move(inner));
  auto flattened = open_recognised(*std::move(inner));
  if (flattened && flattened->format == Format::flattened) {
    return failure(ErrorCode::wrong_format, fmt::format("{} is flattened twice", flattened->file->path().string()));
  }
  if (!flattened) flattened.error().message += " (flattened)";
  return flattened;
}

}  // namespace

Result<std::unique_ptr<Dump>> open_files(std::vector<std::shared_ptr<const File>> files) {
  std::vector<std::shared_ptr<const File>> opened;
  Format format = Format::none;
  const bool several = files.size() > 1;
  for (auto& file : files) {
    auto one = open_one(std::move(file));
    if (!one) return failure(std::move(one));
    format = one->format;
    if (several && format != Format::kdump) {
      return failure(ErrorCode::wrong_format,
                     fmt::format("{} is not a part of a split dump", one->file->path().string()));
    }
    opened.push_back(std::move(one->file));
  }
  if (format == Format::elf) return open_elf(std::move(opened.front()));
  if (format == Format::lkcd) return open_lkcd(std::move(opened.front()));
  return open_kdump(std::move(opened));
}

Result<std::unique_ptr<Dump>> open_dump(const std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) return failure(ErrorCode::bad_argument, "no dump file named");
  std::vector<std::shared_ptr<const File>> files;
  for (const auto& path : paths) {
    auto file = open_file(path);
    if (!file) return failure(std::move(file));
    files.push_back(buffered(*std::move(file)));
  }
  return open_files(std::move(files));
}

}  // namespace alicia::dump

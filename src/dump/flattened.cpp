// SPDX-License-Identifier: GPL-3.0-or-later
// makedumpfile -F (and QEMU) write to a pipe, where they can't seek. What they would have written at an offset becomes
// a record: offset and size, 64 bits each and big-endian, then the bytes. Before the first record, 4,096 bytes begin
// with `makedumpfile` and two big-endian numbers, type 1 and version 1; the last record has offset and size -1. Headers
// are written more than once, so later records lie over earlier ones, and what no record covers is zeros.
//
// Instead of rewriting the file (crash and makedumpfile -R do), one pass over the record headers makes a map from the
// offsets meant to those in the file. Where the end mark is missing, what no record covers is not zeros but lost.
#include "dump/flattened.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "dump/range_map.hpp"

namespace alicia::dump {
namespace {

using Piece = MappedRange<FileOffset>;

constexpr std::string_view kSignature{"makedumpfile\0\0\0\0", 16};
constexpr std::uint64_t kFlattenedHeaderBytes = 4096;
constexpr std::size_t kRecordBytes = 16;
constexpr std::uint64_t kEndMark = ~std::uint64_t{0};
/// makedumpfile's records are of some 30 KB, so this many are half a terabyte.
constexpr std::size_t kMostRecords = std::size_t{1} << 24;

std::uint64_t big_endian(std::span<const std::byte> bytes, std::size_t offset) {
  return __builtin_bswap64(load<std::uint64_t>(bytes, offset));
}

class FlattenedFile final : public File {
 public:
  FlattenedFile(std::shared_ptr<const File> file, std::vector<Piece> records, bool complete)
      : file_(std::move(file)), map_(std::move(records)), complete_(complete) {
    if (!map_.ranges().empty()) size_ = map_.ranges().back().end.value;
  }

  const std::filesystem::path& path() const override { return file_->path(); }
  std::uint64_t size() const override { return size_; }
  bool has(FileOffset offset, std::uint64_t length) const override {
    if (!fits(offset.value, length, size_)) return false;
    return complete_ || (map_.covers(offset, length) && reaches_into(offset, length));
  }
  bool flattened() const override { return true; }
  std::optional<std::string> damage() const override {
    if (complete_) return std::nullopt;
    return fmt::format("{} is truncated: the end mark of a flattened file is missing after {} bytes",
                       file_->path().filename().string(), file_->size());
  }

  FileOffset next_data(FileOffset offset) const override {
    if (offset.value >= size_) return FileOffset{size_};
    return map_.find(offset) != nullptr ? offset : map_.after(offset)->begin;  // the map ends where the file does
  }

  Result<std::size_t> read_some(FileOffset offset, std::span<std::byte> out) const override {
    std::size_t done = 0;
    while (done < out.size() && offset.value + done < size_) {
      const FileOffset at = offset + done;
      auto rest = out.subspan(done);
      if (const Piece* piece = map_.find(at)) {
        rest = rest.first(std::min<std::uint64_t>(rest.size(), piece->end - at));
        const auto got = file_->read_some(piece->offset + (at - piece->begin), rest);
        if (!got) return failure(got);
        done += *got;
        if (*got < rest.size()) break;
      } else if (complete_) {
        const std::uint64_t hole = next_data(at) - at;
        rest = rest.first(std::min<std::uint64_t>(rest.size(), hole));
        std::ranges::fill(rest, std::byte{0});
        done += rest.size();
      } else {
        break;
      }
    }
    return done;
  }

 private:
  /// True if the last of these bytes is within the flattened file; only its last record can be cut.
  bool reaches_into(FileOffset offset, std::uint64_t length) const {
    if (length == 0) return true;
    const FileOffset last = offset + (length - 1);
    const Piece* piece = map_.find(last);
    return piece != nullptr && file_->has(piece->offset + (last - piece->begin), 1);
  }

  std::shared_ptr<const File> file_;
  RangeMap<FileOffset> map_;
  bool complete_;
  std::uint64_t size_ = 0;
};

Result<void> check_header(const File& file) {
  std::array<std::byte, 32> head{};
  if (auto done = file.read(FileOffset{0}, head); !done) return failure(std::move(done));
  const std::uint64_t type = big_endian(head, 16);
  const std::uint64_t version = big_endian(head, 24);
  if (type == 1 && version == 1) return {};
  return failure(ErrorCode::wrong_format, fmt::format("{}: a flattened file of unknown type {} and version {}",
                                                      file.path().string(), type, version));
}

}  // namespace

bool is_flattened(std::span<const std::byte> head) {
  return head.size() >= kSignature.size() && as_text(head.first(kSignature.size())) == kSignature;
}

Result<std::unique_ptr<File>> unflatten(std::shared_ptr<const File> file) {
  if (auto header = check_header(*file); !header) return failure(std::move(header));
  file->expect_sequential_reads();
  const auto corrupt = [&file](std::uint64_t at, std::string_view why) {
    return failure(ErrorCode::corrupt, fmt::format("{}: the record at offset {} {}", file->path().string(), at, why));
  };
  std::vector<Piece> records;
  std::uint64_t at = kFlattenedHeaderBytes;
  bool complete = false;
  while (!complete && at < file->size()) {
    std::array<std::byte, kRecordBytes> head{};
    const auto got = file->read_some(FileOffset{at}, head);
    if (!got) return failure(got);
    if (*got < head.size()) break;
    const std::uint64_t offset = big_endian(head, 0);
    const std::uint64_t size = big_endian(head, 8);
    at += kRecordBytes;
    complete = offset == kEndMark;
    if (complete) break;
    if (!fits(offset, size, kEndMark >> 1)) return corrupt(at - kRecordBytes, "has an impossible size");
    if (records.size() == kMostRecords) return corrupt(at - kRecordBytes, "is one too many");
    if (size != 0) records.push_back({FileOffset{offset}, FileOffset{offset + size}, FileOffset{at}});
    at += size;
  }
  if (records.empty()) {
    return failure(ErrorCode::truncated_file,
                   fmt::format("{}: the flattened file ends after {} bytes, before its first record",
                               file->path().string(), file->size()));
  }
  return std::unique_ptr<File>{std::make_unique<FlattenedFile>(std::move(file), std::move(records), complete)};
}

}  // namespace alicia::dump

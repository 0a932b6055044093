// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/buffered_file.hpp"

#include <algorithm>
#include <utility>

#include "dump/page_cache.hpp"

namespace alicia::dump {
namespace {

using FileBlock = Quantity<struct FileBlockTag>;

constexpr std::size_t kBlockBytes = 16384;  // a dozen packed pages; reading it costs little more than reading one
constexpr std::size_t kBlocks = 56;

class BufferedFile final : public File {
 public:
  explicit BufferedFile(std::unique_ptr<File> file) : file_(std::move(file)), blocks_(kBlocks) {}

  const std::filesystem::path& path() const override { return file_->path(); }
  std::uint64_t size() const override { return file_->size(); }
  bool has(FileOffset offset, std::uint64_t length) const override { return file_->has(offset, length); }
  bool flattened() const override { return file_->flattened(); }
  std::optional<std::string> damage() const override { return file_->damage(); }
  FileOffset next_data(FileOffset offset) const override { return file_->next_data(offset); }
  void expect_sequential_reads() const override { file_->expect_sequential_reads(); }

  Result<std::size_t> read_some(FileOffset offset, std::span<std::byte> out) const override {
    if (out.size() >= kBlockBytes || out.size() > ~offset.value) return file_->read_some(offset, out);
    std::size_t done = 0;
    while (done < out.size()) {
      const FileOffset at = offset + done;
      const std::size_t within = at.value % kBlockBytes;
      const std::size_t wanted = std::min(out.size() - done, kBlockBytes - within);
      const auto got = read_within(FileBlock{at.value / kBlockBytes}, within, out.subspan(done, wanted));
      // One bad sector must not take its neighbours along.
      if (!got) return file_->read_some(offset, out);
      done += *got;
      if (*got < wanted) break;
    }
    return done;
  }

 private:
  struct Block {
    std::size_t length = 0;
    std::byte bytes[kBlockBytes];
  };

  Result<std::size_t> read_within(FileBlock number, std::size_t offset, std::span<std::byte> out) const {
    std::size_t done = 0;
    const auto copy = [&](const std::shared_ptr<const Block>& block) {
      done = std::min(out.size(), block->length - std::min(block->length, offset));
      std::copy_n(block->bytes + offset, done, out.data());
    };
    if (blocks_.visit(number, copy)) return done;
    auto block = std::make_shared_for_overwrite<Block>();
    const auto got = file_->read_some(FileOffset{number.value * kBlockBytes}, block->bytes);
    if (!got) return failure(got);
    block->length = *got;
    copy(block);
    blocks_.insert(number, std::move(block));
    return done;
  }

  std::unique_ptr<File> file_;
  PageCache<std::shared_ptr<const Block>, FileBlock> blocks_;
};

}  // namespace

std::unique_ptr<File> buffered(std::unique_ptr<File> file) {
  if (file->changes()) return file;
  return std::make_unique<BufferedFile>(std::move(file));
}

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/page_bitmap.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/bytes.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kSmallestBlock = 128;
constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 22;
constexpr std::size_t kChunk = std::size_t{1} << 20;

std::uint64_t count_set(std::span<const std::byte> bytes) {
  std::uint64_t count = 0;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8)
    count += static_cast<unsigned>(std::popcount(load<std::uint64_t>(bytes, at)));
  for (; at < bytes.size(); ++at)
    count += static_cast<unsigned>(std::popcount(std::to_integer<unsigned>(bytes[at])));
  return count;
}

}  // namespace

PageBitmap::PageBitmap(std::shared_ptr<const File> file, FileOffset offset, std::uint64_t frames)
    : file_(std::move(file)), offset_(offset), known_(frames), block_bytes_(kSmallestBlock) {
  const std::uint64_t in_file = file_->size() > offset.value ? file_->size() - offset.value : 0;
  if (known_ / 8 >= in_file) known_ = in_file * 8;
  while (known_ / 8 / block_bytes_ >= kMostBlocks)
    block_bytes_ *= 2;
}

Result<PageBitmap> PageBitmap::index(std::shared_ptr<const File> file, FileOffset offset, std::uint64_t frames) {
  PageBitmap bitmap{std::move(file), offset, frames};
  if (auto counted = bitmap.count_bits(); !counted) return failure(std::move(counted));
  return bitmap;
}

Result<void> PageBitmap::count_bits() {
  const std::uint64_t bytes = (known_ + 7) / 8;
  before_.reserve(bytes / block_bytes_ + 2);
  before_.push_back(0);
  std::vector<std::byte> chunk(std::min<std::uint64_t>(std::max<std::uint64_t>(kChunk, block_bytes_), bytes));
  std::uint64_t at = 0;
  while (at < bytes) {
    const std::uint64_t data = std::min(file_->next_data(offset_ + at).value - offset_.value, bytes);
    while (data - at >= block_bytes_) {  // holes are zeros
      before_.push_back(before_.back());
      at += block_bytes_;
    }
    if (at >= bytes) break;
    const auto part = std::span{chunk}.first(std::min<std::uint64_t>(chunk.size(), bytes - at));
    const auto got = file_->read_some(offset_ + at, part);
    if (!got) return failure(got);
    if (*got < part.size()) known_ = std::min(known_, (at + *got) * 8);  // it shrank since its size was asked
    for (std::size_t block = 0; block < *got; block += block_bytes_) {
      auto bits = part.subspan(block, std::min<std::size_t>(block_bytes_, *got - block));
      // Bits past the last frame are nobody's.
      if (at + block + bits.size() == bytes && known_ % 8 != 0) {
        bits.back() &= static_cast<std::byte>((1U << (known_ % 8)) - 1);
      }
      before_.push_back(before_.back() + count_set(bits));
    }
    if (*got < part.size()) break;
    at += part.size();
  }
  return {};
}

Result<PageBitmap::Local> PageBitmap::look_at(std::uint64_t frame) const {
  const std::uint64_t block = frame / 8 / block_bytes_;
  const std::uint64_t in_block = frame - block * block_bytes_ * 8;
  const std::size_t length = in_block / 8 + 1;
  std::byte small[kSmallestBlock];
  std::vector<std::byte> large;
  std::span<std::byte> bytes{small};
  if (length > bytes.size()) {
    large.resize(length);
    bytes = large;
  }
  bytes = bytes.first(length);
  if (auto done = file_->read(offset_ + block * block_bytes_, bytes); !done) return failure(std::move(done));
  const unsigned last = std::to_integer<unsigned>(bytes.back());
  const unsigned bit = static_cast<unsigned>(in_block % 8);
  const auto below = static_cast<unsigned>(std::popcount(last & ((1U << bit) - 1)));
  return Local{count_set(bytes.first(length - 1)) + below, ((last >> bit) & 1U) != 0};
}

Result<std::optional<std::uint64_t>> PageBitmap::rank(PageFrame frame) const {
  const auto local = look_at(frame.value);
  if (!local) return failure(local);
  if (!local->set) return std::nullopt;
  return before_[frame.value / 8 / block_bytes_] + local->before;
}

PageFrame PageBitmap::next_possible(PageFrame frame) const {
  const std::uint64_t block_frames = block_bytes_ * 8;
  std::uint64_t block = frame.value / block_frames;
  while (block + 1 < before_.size() && before_[block] == before_[block + 1])
    ++block;
  if (block + 1 >= before_.size()) return no_frame;
  return std::max(frame, PageFrame{block * block_frames});
}

Result<std::uint64_t> PageBitmap::set_before(PageFrame frame) const {
  if (frame.value >= known_) return count();
  const auto local = look_at(frame.value);
  if (!local) return failure(local);
  return before_[frame.value / 8 / block_bytes_] + local->before;
}

}  // namespace alicia::dump

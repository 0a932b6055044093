// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/shifted_pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace alicia::dump {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t frames = 2048;
constexpr std::uint64_t map = 0xffff9a4780000000U & ~((std::uint64_t{1} << 30U) - 1);

/// A file of pages, most of which hold an empty list, and its bitmap, which can be damaged.
class ShiftedPagesTest : public testing::Test {
 protected:
  ShiftedPagesTest() {
    for (std::uint64_t frame = 0; frame < frames; ++frame) {
      const bool dumped = frame < 100 || (frame >= 300 && frame % 3 != 0 && frame < 900) || frame >= 1800;
      if (!dumped) continue;
      bits_[frame / 8] |= static_cast<std::uint8_t>(1U << (frame % 8));
      where_.push_back(frame);
    }
    damaged_ = bits_;
  }

  ShiftedPages::Source source() {
    ShiftedPages::Source source;
    source.pages = where_.size();
    source.frames = frames;
    source.page_bytes = page_bytes;
    source.load = [this](std::uint64_t index, std::span<std::byte> out) {
      std::ranges::fill(out, std::byte{0});
      const std::uint64_t frame = where_.at(index);
      if (frame % 5 == 0) return frame % 10 != 0;  // nothing tells, or damaged
      const std::uint64_t at = frame % 64 * 8, address = map + frame * page_bytes + at;
      std::memcpy(out.data() + at, &address, 8);
      std::memcpy(out.data() + at + 8, &address, 8);
      return true;
    };
    source.set_before = [this](std::uint64_t frame) {
      std::uint64_t count = 0;
      for (std::uint64_t each = 0; each < std::min(frame, frames); ++each)
        count += is_set(each) ? 1U : 0U;
      return count;
    };
    source.dumped = [this](std::uint64_t byte) { return damaged_[byte]; };
    source.memory = [](std::uint64_t) { return std::uint8_t{0xff}; };
    return source;
  }

  bool is_set(std::uint64_t frame) const { return ((unsigned{damaged_[frame / 8]} >> (frame % 8)) & 1U) != 0; }

  /// Frames whose page is found; those that got another's are counted in wrong_.
  std::size_t right(const ShiftedPages& pages) {
    std::size_t found = 0, rank = 0;
    for (std::uint64_t frame = 0; frame < frames; ++frame) {
      const auto own = is_set(frame) ? std::optional<std::uint64_t>(rank) : std::nullopt;
      rank += is_set(frame) ? 1U : 0U;
      if (pages.is_lost(frame)) continue;
      const auto index = pages.index(frame, own);
      if (!index) continue;
      EXPECT_LT(*index, where_.size()) << frame;
      if (*index >= where_.size()) continue;
      ++(where_[*index] == frame ? found : wrong_);
    }
    return found;
  }

  std::vector<std::uint8_t> bits_ = std::vector<std::uint8_t>(frames / 8);
  std::vector<std::uint8_t> damaged_;
  std::vector<std::uint64_t> where_;
  std::size_t wrong_ = 0;
};

TEST_F(ShiftedPagesTest, AWholeBitmapIsLeftAlone) {
  EXPECT_FALSE(ShiftedPages::find(source()));
}

TEST_F(ShiftedPagesTest, EveryPageIsFoundWhereBitsWereLostAmongPages) {
  damaged_[5] = 0x11;
  const auto pages = ShiftedPages::find(source());
  ASSERT_TRUE(pages);
  EXPECT_EQ(right(*pages), where_.size());
  EXPECT_EQ(wrong_, 0U);
  EXPECT_EQ(pages->lost_frames(), 0U);
}

TEST_F(ShiftedPagesTest, OneByteAmongHolesCostsItsFrames) {
  damaged_[150] = 0x47;
  const auto pages = ShiftedPages::find(source());
  ASSERT_TRUE(pages);
  EXPECT_EQ(right(*pages), where_.size());
  EXPECT_EQ(wrong_, 0U);
  EXPECT_EQ(pages->lost_frames(), 8U);
}

TEST_F(ShiftedPagesTest, HardlyAPageIsTakenForAnothersWhereverDamageIs) {
  for (std::size_t byte = 0; byte < damaged_.size(); byte += 7) {
    for (const unsigned value : {0x00U, 0xffU, 0x5aU, 0x80U}) {
      damaged_ = bits_;
      damaged_[byte] = static_cast<std::uint8_t>(value);
      damaged_[(byte + 90) % damaged_.size()] ^= 0x3cU;
      SCOPED_TRACE(testing::Message() << "byte " << byte << " value " << value);
      const auto pages = ShiftedPages::find(source());
      if (!pages) continue;  // as many bits as before
      EXPECT_GT(right(*pages), where_.size() / 2);
    }
  }
  EXPECT_LE(wrong_, 1U) << "two bits that changed places with no page to tell between them";
}

TEST_F(ShiftedPagesTest, NothingIsSaidWherePagesDoNotTell) {
  damaged_[5] = 0x11;
  auto silent = source();
  silent.load = [](std::uint64_t, std::span<std::byte> out) {
    std::ranges::fill(out, std::byte{0});
    return true;
  };
  EXPECT_FALSE(ShiftedPages::find(silent));
}

}  // namespace
}  // namespace alicia::dump

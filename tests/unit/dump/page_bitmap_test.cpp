// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/page_bitmap.hpp"

#include <gtest/gtest.h>

#include <random>

#include "unit/dump/temporary_folder.hpp"

namespace alicia::dump {
namespace {

std::shared_ptr<const File> open_shared(const std::filesystem::path& path) {
  auto file = open_file(path);
  EXPECT_TRUE(file) << file.error().message;
  return *std::move(file);
}

TEST(PageBitmap, RanksEveryFrameAsCountingDoes) {
  const test::TemporaryFolder folder;
  std::mt19937 random{1};
  std::string bits(3000, '\0');
  for (char& byte : bits)
    byte = static_cast<char>(random() & random());
  constexpr std::uint64_t kFrames = 2900 * 8 + 3;
  const auto bitmap = PageBitmap::index(open_shared(folder.write("b", "head" + bits)), FileOffset{4}, kFrames);
  ASSERT_TRUE(bitmap);
  std::uint64_t before = 0;
  for (std::uint64_t frame = 0; frame < kFrames; ++frame) {
    const bool set = ((static_cast<unsigned char>(bits[frame / 8]) >> (frame % 8)) & 1) != 0;
    const auto rank = bitmap->rank(PageFrame{frame});
    ASSERT_TRUE(rank);
    ASSERT_EQ(rank->has_value(), set) << frame;
    if (set) {
      ASSERT_EQ(**rank, before) << frame;
    }
    ASSERT_EQ(*bitmap->set_before(PageFrame{frame}), before) << frame;
    before += set ? 1 : 0;
  }
  EXPECT_EQ(bitmap->count(), before);
  EXPECT_EQ(bitmap->known_frames(), kFrames);
}

TEST(PageBitmap, KnowsOnlyWhatTheFileHolds) {
  const test::TemporaryFolder folder;
  const auto bitmap =
      PageBitmap::index(open_shared(folder.write("b", std::string(700, '\xff'))), FileOffset{0}, 1U << 20);
  ASSERT_TRUE(bitmap);
  EXPECT_EQ(bitmap->known_frames(), 5600U);
  EXPECT_EQ(bitmap->count(), 5600U);
  EXPECT_EQ(**bitmap->rank(PageFrame{5599}), 5599U);
}

TEST(PageBitmap, PassesOverHolesOfSparseFiles) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("b", "\x01");
  constexpr std::uint64_t kBytes = std::uint64_t{1} << 30;
  std::filesystem::resize_file(path, kBytes);
  {
    std::fstream stream{path, std::ios::binary | std::ios::in | std::ios::out};
    stream.seekp(kBytes / 2 + 77);
    stream.put('\x80');
  }
  const auto bitmap = PageBitmap::index(open_shared(path), FileOffset{0}, kBytes * 8);
  ASSERT_TRUE(bitmap);
  EXPECT_EQ(bitmap->count(), 2U);
  EXPECT_EQ(**bitmap->rank(PageFrame{(kBytes / 2 + 77) * 8 + 7}), 1U);
  EXPECT_FALSE(bitmap->rank(PageFrame{(kBytes / 2 + 77) * 8 + 6})->has_value());
}

}  // namespace
}  // namespace alicia::dump

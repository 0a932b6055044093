// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/dwarf_index.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

namespace alicia::types {
namespace {

TEST(DwarfIndex, AFirstDefinitionStands) {
  DwarfIndex index;
  index.add(DwarfIndex::structure, "task", {10, true});
  index.add(DwarfIndex::structure, "task", {20, false});
  index.add(DwarfIndex::structure, "task", {30, false});
  EXPECT_EQ(index.find(DwarfIndex::structure, "task")->offset, 20U);
  EXPECT_FALSE(index.find(DwarfIndex::typedef_, "task"));
  EXPECT_TRUE(index.defined(DwarfIndex::structure, "task"));
}

TEST(DwarfIndex, IsKeptAndADamagedFileIsNot) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("index-" + std::to_string(getpid())) / "abc.index";
  DwarfIndex index;
  index.add(DwarfIndex::structure, "task", {10, true});
  index.add(DwarfIndex::variable, "init_task", {20, false});
  ASSERT_TRUE(index.save(path, 1000));
  DwarfIndex again;
  ASSERT_TRUE(again.load(path, 1000));
  EXPECT_EQ(again.find(DwarfIndex::variable, "init_task")->offset, 20U);
  EXPECT_TRUE(again.find(DwarfIndex::structure, "task")->declaration);
  EXPECT_FALSE(DwarfIndex().load(path, 1001)) << "of another file";
  const auto size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size) - 1);
    file.put('x');
  }
  EXPECT_FALSE(DwarfIndex().load(path, 1000)) << "a byte of it changed";
  std::filesystem::resize_file(path, size - 1);
  DwarfIndex damaged;
  EXPECT_FALSE(damaged.load(path, 1000));
  EXPECT_FALSE(damaged.find(DwarfIndex::structure, "task")) << "nothing of it is taken in";
  std::ofstream(path) << "something else";
  EXPECT_FALSE(damaged.load(path, 1000));
  EXPECT_FALSE(damaged.load("/nowhere", 1000));
  std::filesystem::remove_all(path.parent_path());
}

TEST(DwarfIndex, OnlyThoseUsedLastAreKept) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("indices-" + std::to_string(getpid()));
  DwarfIndex index;
  index.add(DwarfIndex::structure, "task", {10, false});
  const auto now = std::filesystem::file_time_type::clock::now();
  for (std::size_t number = 0; number < DwarfIndex::most_kept + 3; ++number) {
    const auto path = folder / (std::to_string(number) + ".index");
    ASSERT_TRUE(index.save(path, 1));
    std::filesystem::last_write_time(path, now - std::chrono::hours(100 - number));
    if (number == 0) {
      EXPECT_TRUE(DwarfIndex().load(path, 1)) << "which is a use";
    }
  }
  ASSERT_TRUE(index.save(folder / "last.index", 1));
  const auto kept = std::distance(std::filesystem::directory_iterator(folder), {});
  EXPECT_EQ(kept, static_cast<std::ptrdiff_t>(DwarfIndex::most_kept));
  EXPECT_TRUE(std::filesystem::exists(folder / "0.index"));
  EXPECT_FALSE(std::filesystem::exists(folder / "1.index"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/dwarf_index.hpp"

#include <gtest/gtest.h>

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
  const auto path = std::filesystem::path(testing::TempDir()) / "index" / "abc.index";
  DwarfIndex index;
  index.add(DwarfIndex::structure, "task", {10, true});
  index.add(DwarfIndex::variable, "init_task", {20, false});
  ASSERT_TRUE(index.save(path));
  DwarfIndex again;
  ASSERT_TRUE(again.load(path));
  EXPECT_EQ(again.find(DwarfIndex::variable, "init_task")->offset, 20U);
  EXPECT_TRUE(again.find(DwarfIndex::structure, "task")->declaration);
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size - 1);
  DwarfIndex damaged;
  EXPECT_FALSE(damaged.load(path));
  EXPECT_FALSE(damaged.find(DwarfIndex::structure, "task")) << "nothing of it is taken in";
  std::ofstream(path) << "something else";
  EXPECT_FALSE(damaged.load(path));
  EXPECT_FALSE(damaged.load("/nowhere"));
  std::filesystem::remove_all(path.parent_path());
}

}  // namespace
}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/command_table.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

namespace {

namespace fs = std::filesystem;
using alicia::session::CommandTable;
using testing::ElementsAre;
using testing::IsEmpty;

class CommandTableTest : public testing::Test {
 protected:
  CommandTableTest() {
    std::string pattern = (fs::temp_directory_path() / "alicia-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CommandTableTest() override { fs::remove_all(folder_); }

  void add(const fs::path& file) {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << "1;\n";
  }

  fs::path folder_;
};

TEST_F(CommandTableTest, NamesAreTheStemsOfLdasFilesInAnySubfolder) {
  add("process/ps.ldas");
  add("system/log.ldas");
  add("system/README");
  CommandTable table;
  table.add_folder(folder_);
  EXPECT_THAT(table.names(), ElementsAre("log", "ps"));
  ASSERT_NE(table.find("ps"), nullptr);
  EXPECT_EQ(table.find("ps")->file, folder_ / "process/ps.ldas");
  EXPECT_EQ(table.find("pss"), nullptr);
}

TEST_F(CommandTableTest, TheFolderAddedFirstWins) {
  add("a/ps.ldas");
  add("b/ps.ldas");
  CommandTable table;
  table.add_folder(folder_ / "b");
  table.add_folder(folder_ / "a");
  EXPECT_EQ(table.find("ps")->file, folder_ / "b/ps.ldas");
}

TEST_F(CommandTableTest, AMissingFolderHasNoCommands) {
  CommandTable table;
  table.add_folder(folder_ / "nowhere");
  EXPECT_THAT(table.names(), IsEmpty());
}

}  // namespace

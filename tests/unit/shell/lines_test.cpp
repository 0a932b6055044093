// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "process/unique_fd.hpp"
#include "shell/completer.hpp"
#include "shell/history_file.hpp"
#include "shell/stream_lines.hpp"
#include "unit/shell/fakes.hpp"

namespace alicia::shell {
namespace {

using testing::ElementsAre;

mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  EXPECT_EQ(stat(file.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST(HistoryFile, KeepsLinesForTheNextSession) {
  const Folder folder;
  const auto file = folder / "state/alicia/history";
  {
    HistoryFile history;
    ASSERT_TRUE(history.open(file));
    for (const auto* line : {"ps", "ps", "", "bt -a"})
      history.add(line);
  }
  EXPECT_EQ(folder.read("state/alicia/history"), "ps\nbt -a\n");
  EXPECT_EQ(mode_of(file), 0600u);
  HistoryFile history;
  ASSERT_TRUE(history.open(file));
  EXPECT_THAT(history.lines(), ElementsAre("ps", "bt -a"));
}

TEST(HistoryFile, IsCutToItsLastLines) {
  const Folder folder;
  const auto file = folder.write("history", "1\n2\n3\n4\n");
  HistoryFile history(3);
  ASSERT_TRUE(history.open(file));
  history.add("5");
  EXPECT_EQ(folder.read("history"), "2\n3\n4\n5\n");
  EXPECT_EQ(mode_of(file), 0600u);
}

TEST(HistoryFile, TwoSessionsShareIt) {
  const Folder folder;
  HistoryFile one, two;
  ASSERT_TRUE(one.open(folder / "history"));
  ASSERT_TRUE(two.open(folder / "history"));
  one.add("one");
  two.add("two");
  one.add("three");
  EXPECT_EQ(folder.read("history"), "one\ntwo\nthree\n");
}

TEST(HistoryFile, WithoutAFileLinesAreKeptInMemory) {
  const Folder folder;
  folder.write("file", "");
  HistoryFile history;
  EXPECT_FALSE(history.open(folder / "file/history"));
  EXPECT_FALSE(history.open("/dev/null"));
  history.add("ps");
  EXPECT_THAT(history.lines(), ElementsAre("ps"));
}

TEST(HistoryFile, LiesWhereXdgSays) {
  setenv("HOME", "/home/x", 1);
  unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(HistoryFile::default_path(), "/home/x/.local/state/alicia/history");
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(HistoryFile::default_path(), "/state/alicia/history");
  unsetenv("XDG_STATE_HOME");
}

class StreamLinesTest : public testing::Test {
 protected:
  StreamLinesTest() {
    EXPECT_EQ(pipe(ends_), 0);
    lines_ = std::make_unique<StreamLines>(ends_[0], cancellation);
  }
  ~StreamLinesTest() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }
  void write(std::string_view text) { ASSERT_EQ(::write(ends_[1], text.data(), text.size()), std::ssize(text)); }
  void end() {
    close(ends_[1]);
    ends_[1] = -1;
  }
  ReadLine read() { return lines_->read({}); }
  std::string line() {
    const auto read = this->read();
    EXPECT_EQ(read.kind, ReadLine::Kind::line);
    return read.text;
  }

  int ends_[2];
  Cancellation cancellation;

 private:
  std::unique_ptr<StreamLines> lines_;
};

TEST_F(StreamLinesTest, GivesEachLineAsSoonAsItIsThere) {
  write("one\ntwo\r\nth");
  EXPECT_EQ(line(), "one");
  EXPECT_EQ(line(), "two");
  write("ree\n\nlast");
  EXPECT_EQ(line(), "three");
  EXPECT_EQ(line(), "");
  end();
  EXPECT_EQ(line(), "last");
  EXPECT_EQ(read().kind, ReadLine::Kind::end);
  EXPECT_EQ(read().kind, ReadLine::Kind::end);
}

TEST_F(StreamLinesTest, StopsWhenInterrupted) {
  write("one\ntwo\n");
  EXPECT_EQ(line(), "one");
  cancellation.request();
  EXPECT_EQ(read().kind, ReadLine::Kind::interrupted);
}

TEST(StreamLines, EndlessInputIsNoLine) {
  const process::UniqueFd zeros(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const Cancellation cancellation;
  EXPECT_EQ(StreamLines(zeros.get(), cancellation).read({}).kind, ReadLine::Kind::too_long);
}

struct FewFacts final : RoutingFacts {
  bool has_debugger() const override { return false; }
  bool is_debugger_command(std::string_view) const override { return false; }
  bool is_user_sub(std::string_view) const override { return false; }
  bool is_shipped_command(std::string_view) const override { return true; }
  bool is_perl_name(std::string_view) const override { return false; }
  std::optional<std::string> variable(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> command_names() const override { return {"log", "banner", "ps", "struct", "sys"}; }
};

class CompleterTest : public testing::Test {
 protected:
  Completion complete(std::string_view line) {
    const auto start = line.find_last_of(" \t'\"|>;!:(") + 1;
    return completer.complete(line.substr(0, start), line.substr(start));
  }
  std::vector<std::string> words(std::string_view line) {
    const auto completion = complete(line);
    EXPECT_FALSE(completion.files) << line;
    return completion.matches.words;
  }

  FewFacts facts;
  Completer completer{facts, [](std::string_view prefix, std::size_t most) {
                        return matches_in({"init_mm", "init_task", "init_uts_ns", "jiffies"}, prefix, most);
                      }};
};

TEST_F(CompleterTest, CommandsStandFirst) {
  EXPECT_THAT(words("ban"), ElementsAre("banner"));
  EXPECT_THAT(words("  lo"), ElementsAre("load", "local", "localtime", "lock", "log"));
  EXPECT_THAT(words("pri"), ElementsAre("print", "printf"));
  EXPECT_THAT(words("sys init_task; ban"), ElementsAre("banner"));
  EXPECT_THAT(words("sys;ban"), ElementsAre("banner"));
  EXPECT_THAT(words(":st"), ElementsAre("struct"));
  EXPECT_THAT(words("help st"), ElementsAre("struct"));
  EXPECT_THAT(words("alicia "), testing::Contains("ps"));
}

TEST_F(CompleterTest, SymbolsFollow) {
  EXPECT_THAT(words("sys init_"), ElementsAre("init_mm", "init_task", "init_uts_ns"));
  EXPECT_THAT(words("print get_addr 'init_t"), ElementsAre("init_task"));
  EXPECT_THAT(words("print get_addr('ji"), ElementsAre("jiffies"));
  EXPECT_THAT(words("sys "), ElementsAre());
}

TEST_F(CompleterTest, FilesWhereFilesStand) {
  for (const auto* line : {"load ban", "load 'ban", "!vi ban", "!ban", "ps > /tm", "ps | gr", "sys > x", "report x",
                           "sys ./x", "sys nosuchsymbol"})
    EXPECT_TRUE(complete(line).files) << line;
}

TEST(Matches, KnowWhatAllHaveInCommon) {
  std::vector<std::string> names;
  for (int i = 1000; i < 3000; ++i)
    names.push_back("name" + std::to_string(i));
  const auto found = matches_in(names, "n", 10);
  EXPECT_EQ(found.words.size(), 10u);
  EXPECT_EQ(found.common, "name");  // not name100, which only the first ten have
  EXPECT_TRUE(matches_in(names, "x", 10).words.empty());
  EXPECT_TRUE(matches_in({}, "", 10).words.empty());
}

}  // namespace
}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "dump/dump.hpp"
#include "unit/dump/temporary_folder.hpp"

namespace alicia::dump {
namespace {

Error refusal(const std::filesystem::path& path) {
  auto dump = open_dump({path});
  EXPECT_FALSE(dump) << path;
  return dump ? Error{} : dump.error();
}

TEST(OpenDump, NamesWhatIsWrongWithTheFile) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(refusal(folder.path() / "none").message,
            "cannot open " + (folder.path() / "none").string() + ": no such file or directory");
  EXPECT_EQ(refusal(folder.path()).message, "cannot open " + folder.path().string() + ": it is a directory");
  EXPECT_EQ(refusal(folder.write("empty", "")).code, ErrorCode::truncated_file);
  EXPECT_EQ(refusal(folder.write("text", "hello\n")).message,
            (folder.path() / "text").string() + " is no dump but a text file");
  ::mkfifo((folder.path() / "fifo").c_str(), 0600);
  EXPECT_EQ(refusal(folder.path() / "fifo").code, ErrorCode::cannot_open);
}

TEST(OpenDump, NamesAnUnreadableFile) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("secret", "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  Error error;
  std::thread{[&] {
    ::setfsuid(65534);  // root reads anything; this thread's file accesses are nobody's
    error = refusal(path);
  }}.join();
  EXPECT_EQ(error.code, ErrorCode::cannot_open);
  EXPECT_NE(error.message.find("permission denied"), std::string::npos) << error.message;
}

TEST(OpenDump, PassesOnReadErrors) {
  EXPECT_EQ(refusal("/proc/self/mem").code, ErrorCode::page_unreadable);  // address 0 can't be read
}

TEST(IdentifyFile, TellsTheFilesOfACommandLineApart) {
  const test::TemporaryFolder folder;
  const auto kind = [](const std::filesystem::path& path) { return identify_file(path)->kind; };
  EXPECT_EQ(kind(folder.write("map", "ffffffff81000000 T _stext\n")), FileKind::system_map);
  EXPECT_EQ(kind(folder.write("map32", "c1000000 T _stext\n")), FileKind::system_map);
  EXPECT_EQ(kind(folder.write("btf", std::string{"\x9f\xeb\x01\0\x18\0\0\0", 8})), FileKind::btf);
  EXPECT_EQ(kind(folder.write("notmap", "deadbeef is a word\n")), FileKind::other);
  EXPECT_EQ(kind(folder.write("kdump", "KDUMP   ")), FileKind::dump);
  EXPECT_EQ(kind("/proc/self/exe"), FileKind::elf_object);
}

TEST(IdentifyFile, NamesFilesItDoesNotRead) {
  const test::TemporaryFolder folder;
  const auto description = [&folder](std::string_view content) {
    return identify_file(folder.write("file", content))->description;
  };
  EXPECT_EQ(description("\x1f\x8b\x08"), "a gzip-compressed file");
  EXPECT_EQ(description("\x28\xb5\x2f\xfd...."), "a zstd-compressed file");
  EXPECT_EQ(description(std::string{"\xd2\xbe\xd2\xbe\x08\0\0\0", 8}), "a VMware suspend file");
  EXPECT_EQ(description(std::string{"\xd0\xbe\xd0\xbe\x08\0\0\0", 8}), "a VMware suspend file");
  EXPECT_EQ(description("\xed\xeb\x0f\xf0"), "a Xen core");
  EXPECT_EQ(description(std::string{"sadump\0\0", 8}), "an sadump file");
  EXPECT_EQ(description("BZh91AY"), "a bzip2-compressed file");
  EXPECT_EQ(description(std::string(257, '\0') + "ustar"), "a tar archive");
  EXPECT_EQ(description(std::string(0x202, '\0') + "HdrS"), "a kernel image (bzImage)");
  EXPECT_EQ(description(""), "an empty file");
  EXPECT_EQ(description(std::string{"\x01\x02\x03\0\xff", 5}), "a file of no format known");
}

}  // namespace
}  // namespace alicia::dump

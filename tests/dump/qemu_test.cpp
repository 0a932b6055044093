// SPDX-License-Identifier: GPL-3.0-or-later
// QEMU's dump-guest-memory against its pmemsave, which writes memory as it is. The guest is firmware alone.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dump/pages.hpp"
#include "unit/dump/temporary_folder.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kMemory = 16 << 20;

/// Runs the firmware for a second, then dumps.
void dump_guest(const std::filesystem::path& folder) {
  const auto command = [&folder](const std::string& format) {
    return fmt::format(
        R"({{"execute":"dump-guest-memory","arguments":{{"paging":false,"protocol":"file:{}/{}","format":"{}"}}}})",
        folder.string(), format, format);
  };
  const std::string rest = fmt::format(
      R"({{"execute":"stop"}}
{}
{}
{{"execute":"pmemsave","arguments":{{"val":0,"size":{},"filename":"{}/raw"}}}}
{{"execute":"quit"}})",
      command("elf"), command("kdump-zlib"), kMemory, folder.string());
  test::output_of("(echo '{\"execute\":\"qmp_capabilities\"}'; sleep 1; echo '" + rest +
                  "') | qemu-system-x86_64 -accel tcg -m 16 -display none -nodefaults -qmp stdio");
}

TEST(Qemu, DumpsOfGuestMemoryEqualItsMemory) {
  const ::alicia::dump::test::TemporaryFolder folder;
  dump_guest(folder.path());
  std::ifstream raw{folder.path() / "raw", std::ios::binary};
  std::string memory{std::istreambuf_iterator<char>{raw}, {}};
  ASSERT_EQ(memory.size(), kMemory);
  ASSERT_NE(memory.find_first_not_of('\0'), memory.npos);
  for (const char* format : {"elf", "kdump-zlib"}) {
    SCOPED_TRACE(format);
    const auto dump = test::open_or_throw({folder.path() / format});
    std::string read(kMemory, '?');
    const auto done = dump->read(PhysicalAddress{0}, std::as_writable_bytes(std::span{read}));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(read == memory);
    EXPECT_FALSE(dump->page(PageFrame{kMemory >> 12}));
    EXPECT_THAT(dump->info().notes, testing::Contains(testing::Field(&Note::name, "QEMU")));
    EXPECT_THAT(dump->info().warnings, testing::IsEmpty());
  }
}

}  // namespace
}  // namespace alicia::dump

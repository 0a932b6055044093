// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "symbols/elf_symbols.hpp"
#include "symbols/system_map.hpp"

/// Looked for in this very program's symbol table.
extern "C" int alicia_symbol_of_this_test(int value) {
  return value + 1;
}

namespace alicia::symbols {
namespace {

using testing::HasSubstr;

constexpr Relocation kaslr{VirtualAddress{0xffffffff80000000}, 0x2d800000};

class SymbolFiles : public testing::Test {
 protected:
  ~SymbolFiles() override { std::filesystem::remove(path_); }
  std::filesystem::path write(std::string_view text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("alicia-map-" + std::to_string(getpid()));
};

TEST_F(SymbolFiles, AMapIsRelocatedExceptForPerCpuOffsets) {
  const auto map = SystemMap::open(write("0000000000000000 A fixed_percpu_data\n"
                                         "0000000000031040 A runqueues\n"
                                         "ffffffff81000000 T _text\n"
                                         "ffffffff81000000 T _stext\n"
                                         "ffffffff82a1aa40 D init_task\n"
                                         "ffffffff83c00000 B _end\n"),
                                   kaslr);
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ((*map)->find("init_task")->address.value, 0xffffffffb021aa40U);
  EXPECT_EQ((*map)->find("init_task")->type, 'D');
  EXPECT_EQ((*map)->find("runqueues")->address.value, 0x31040U);
  EXPECT_FALSE((*map)->find("init_tas"));
  const auto at = (*map)->at(VirtualAddress{0xffffffffae800010});
  ASSERT_TRUE(at);
  EXPECT_EQ(at->symbol.name, "_text");
  EXPECT_EQ(at->offset, 0x10U);
  EXPECT_FALSE((*map)->at(VirtualAddress{0x31048}));
  EXPECT_FALSE((*map)->at(VirtualAddress{0xffffffffc0000000}));
}

TEST_F(SymbolFiles, AMapThatIsNoneSaysWhichLine) {
  const auto map = SystemMap::open(write("ffffffff81000000 T _text\nhello world\n"), kaslr);
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, ErrorCode::wrong_format);
  EXPECT_THAT(map.error().message, HasSubstr("line 2"));
  EXPECT_EQ(SystemMap::open("/nonexistent", kaslr).error().code, ErrorCode::cannot_open);
  for (const char* broken :
       {"f", "ffffffff81000000", "ffffffff81000000 T", "ffffffff81000000 T ", "fffffffffffffffff T x"})
    EXPECT_FALSE(SystemMap::open(write(broken), kaslr)) << broken;
}

TEST_F(SymbolFiles, DebiansStandInForAMapIsSaidToBeOne) {
  const auto map = SystemMap::open(
      write("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n"), kaslr);
  ASSERT_FALSE(map);
  EXPECT_THAT(map.error().message, HasSubstr("the real one is in Debian's package linux-image-RELEASE-dbg"));
}

TEST_F(SymbolFiles, AnElfFileGivesItsSymbolTable) {
  const auto symbols = ElfSymbols::open("/proc/self/exe", Relocation{VirtualAddress{0}, 0x1000});
  ASSERT_TRUE(symbols) << symbols.error().message;
  const auto found = (*symbols)->find("alicia_symbol_of_this_test");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->type, 'T');
  const auto at = (*symbols)->at(found->address + 1);
  ASSERT_TRUE(at);
  EXPECT_EQ(at->symbol.name, "alicia_symbol_of_this_test");
  EXPECT_EQ(at->offset, 1U);
  EXPECT_EQ(alicia_symbol_of_this_test(1), 2);
}

TEST_F(SymbolFiles, AFileThatIsNoElfFile) {
  EXPECT_EQ(ElfSymbols::open(write("text"), kaslr).error().code, ErrorCode::wrong_format);
  EXPECT_EQ(ElfSymbols::open("/nonexistent", kaslr).error().code, ErrorCode::cannot_open);
  EXPECT_EQ(elf_build_id("/nonexistent").error().code, ErrorCode::cannot_open);
}

}  // namespace
}  // namespace alicia::symbols

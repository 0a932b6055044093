// SPDX-License-Identifier: GPL-3.0-or-later
//
// What crash 8.0.2 prints, and what is made of it. The texts are its own, of a Debian 6.1 kernel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <array>
#include <map>

#include "debugger/crash_arguments.hpp"
#include "debugger/crash_commands.hpp"
#include "debugger/crash_dialect.hpp"
#include "debugger/crash_queries.hpp"

namespace alicia::debugger {
namespace {

using testing::ElementsAre;

using Texts = std::map<std::string, std::string>;

// A crash that has prepared answers, and remembers the questions.
class Answers {
 public:
  Answers(const Answers&) = delete;
  explicit Answers(Texts answers) : answers_(std::move(answers)) {}
  Connection::Ask ask() {
    return [this](std::string_view line) -> Result<std::string> {
      asked.emplace_back(line);
      const auto found = answers_.find(std::string(line));
      if (found != answers_.end()) return found->second;
      return failure(ErrorCode::debugger_died, "crash is gone");
    };
  }
  std::vector<std::string> asked;

 private:
  Texts answers_;
};

const Texts basics{{"gdb output/d sizeof(void *)", "8"},
                   {"sym _stext", "ffffffffae800000 (T) _stext debian/build/head_64.S: 48\n"}};

Texts with(Texts more) {
  more.insert(basics.begin(), basics.end());
  return more;
}

TEST(CrashSymbols, TakesTheLowestKernelSymbolOfExactlyThisName) {
  Answers crash(Texts{{"sym name_show",
                       "ffffffffc05b375d (t) name_show [failover] \n"
                       "ffffffffaee807f0 (t) name_show drivers/pnp/card.c: 186\n"
                       "ffffffffae911dd0 (t) name_show kernel/irq/irqdesc.c: 232\n"},
                      {"sym virtblk_probe", "ffffffffc05cfe90 (t) virtblk_probe [virtio_blk] \n"},
                      {"sym runqueues", "31980 (D) runqueues\n"},
                      {"sym nosuch", "symbol not found: nosuch\npossible alternatives:\n  (none found)\n"}});
  CrashQueries queries(crash.ask());
  EXPECT_EQ(queries.symbol_address("name_show")->value, 0xffffffffae911dd0U);
  EXPECT_EQ(queries.symbol_address("virtblk_probe")->value, 0xffffffffc05cfe90U);
  EXPECT_EQ(queries.symbol_address("runqueues")->value, 0x31980U);
  EXPECT_EQ(queries.symbol_address("nosuch").error().code, ErrorCode::no_such_symbol);
  EXPECT_EQ(queries.symbol_address("gone").error().code, ErrorCode::debugger_died);
}

TEST(CrashSymbols, AreAskedForOnceAndOnlyWhereTheyMayBeOne) {
  Answers crash(Texts{{"sym init_task", "ffffffffb021aa40 (D) init_task\n"}});
  CrashQueries queries(crash.ask());
  EXPECT_TRUE(queries.symbol_address("init_task"));
  EXPECT_TRUE(queries.symbol_address("init_task"));
  for (const auto* name : {"", "a b", "init_task | sh", "x\ny", "-l", "a'b"}) {
    EXPECT_EQ(queries.symbol_address(name).error().code, ErrorCode::no_such_symbol) << name;
  }
  EXPECT_THAT(crash.asked, ElementsAre("sym init_task"));
}

TEST(CrashSymbols, NamesLikeNumbersAreLookedForByName) {
  Answers crash(Texts{{"sym fade", "sym: invalid address: fade\n"},
                      {"sym -q fade", "ffffffffae911dd0 (t) fade_in\nffffffffb0aba140 (B) fade\n"},
                      {"sym ffffffff81000000", "ffffffff81000000 (D) __per_cpu_end+-2130919424\n"},
                      {"sym -q ffffffff81000000", ""}});
  CrashQueries queries(crash.ask());
  EXPECT_EQ(queries.symbol_address("fade")->value, 0xffffffffb0aba140U);
  EXPECT_EQ(queries.symbol_address("ffffffff81000000").error().code, ErrorCode::no_such_symbol);
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes)
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

TEST(CrashMemory, ReadsWordsAndCutsTheLastOne) {
  Answers crash(with({{"rd -x -64 ffffffffaf91ffe0 2", "ffffffffaf91ffe0:  65762078756e694c 2e36206e6f697372 \n"},
                      {"rd -x -64 ffffffffaf91ffe0 3",
                       "ffffffffaf91ffe0:  65762078756e694c 2e36206e6f697372 \n"
                       "ffffffffaf91fff0:  632d36352d302e31 \n"}}));
  CrashQueries queries(crash.ask());
  std::array<std::byte, 18> bytes{};
  ASSERT_TRUE(queries.read(VirtualAddress{0xffffffffaf91ffe0}, std::span(bytes).first(16)));
  EXPECT_EQ(hex(std::span(bytes).first(16)), "4c696e75782076657273696f6e20362e");
  ASSERT_TRUE(queries.read(VirtualAddress{0xffffffffaf91ffe0}, std::span(bytes).first(9)));
  EXPECT_EQ(hex(std::span(bytes).first(9)), "4c696e757820766572");
  ASSERT_TRUE(queries.read(VirtualAddress{0xffffffffaf91ffe0}, bytes));
  EXPECT_EQ(hex(bytes), "4c696e75782076657273696f6e20362e312e");
}

TEST(CrashMemory, DoesNotReachBeyondThePage) {
  Answers crash(with({{"rd -x -64 ffffffffae000ff0 1", "ffffffffae000ff0:  1716151413121110 \n"},
                      {"rd -x -8 ffffffffae000ff8 7", "ffffffffae000ff8:  18 19 1a 1b 1c 1d 1e \n"}}));
  CrashQueries queries(crash.ask());
  std::array<std::byte, 15> bytes{};
  ASSERT_TRUE(queries.read(VirtualAddress{0xffffffffae000ff0}, bytes));
  EXPECT_EQ(hex(bytes), "101112131415161718191a1b1c1d1e");
}

TEST(CrashMemory, SaysWhichByteIsMissingAndWhy) {
  Answers crash(with(
      {{"rd -x -64 ffff8e2440000fe8 5",
        "ffff8e2440000fe8:  0f0e0d0c0b0a0908 1716151413121110 \n"
        "ffff8e2440000ff8:  1f1e1d1c1b1a1918 rd: page excluded: kernel virtual address: ffff8e2440001000  type: "
        "\"64-bit KVADDR\"\n"},
       {"rd -x -64 ffffea0000000000 2",
        "rd: invalid kernel virtual address: ffffea0000000000  type: \"64-bit KVADDR\"\n"},
       {"rd -x -64 ffffffff81000000 1",
        "rd: seek error: kernel virtual address: ffffffff81000000  type: \"64-bit KVADDR\"\n"},
       {"vtop -k ffffffff81000000", "VIRTUAL  PHYSICAL\nffffffff81000000  fffffffff5a00000\n  PMD: 24c16040 => 0\n"},
       {"rd -x -64 ffff8e2550000000 1",
        "rd: seek error: kernel virtual address: ffff8e2550000000  type: \"64-bit KVADDR\"\n"},
       {"vtop -k ffff8e2550000000", "     PTE  PHYSICAL  FLAGS\n8000  24200000  (PRESENT|ACCESSED|NX)\n"},
       {"rd -x -64 ffff8e2440002ffd 2",
        "rd: page excluded: kernel virtual address: ffff8e2440002ffd  type: \"64-bit KVADDR\"\n"},
       {"rd -x -8 ffff8e2440002ffd 16",
        "ffff8e2440002ffd:  01 02 03 rd: page excluded: kernel virtual address: ffff8e2440003000  type: \"8-bit "
        "KVADDR\"\n"}}));
  CrashQueries queries(crash.ask());
  const auto error = [&](std::uint64_t address, std::size_t size) {
    std::vector<std::byte> bytes(size);
    return queries.read(VirtualAddress{address}, bytes).error();
  };
  const Error excluded = error(0xffff8e2440000fe8, 40);
  EXPECT_EQ(excluded.code, ErrorCode::page_excluded);
  EXPECT_EQ(excluded.address, 0xffff8e2440001000U);
  EXPECT_EQ(excluded.message, "cannot read 16 bytes at 0xffff8e2440001000: page excluded from the dump");
  EXPECT_EQ(error(0xffffea0000000000, 16).code, ErrorCode::unmapped);
  EXPECT_EQ(error(0xffffffff81000000, 8).code, ErrorCode::unmapped);
  EXPECT_EQ(error(0xffff8e2550000000, 8).code, ErrorCode::no_memory_there);
  EXPECT_EQ(error(0xffff8e2440002ffd, 16).address, 0xffff8e2440003000U);
  EXPECT_EQ(error(0xffffffffffffffff, 2).code, ErrorCode::bad_address);
  EXPECT_EQ(error(0xffff8e2440000000, 8).code, ErrorCode::debugger_died);
}

TEST(CrashMemory, NeverAsksForUserMemory) {
  Answers crash(basics);
  CrashQueries queries(crash.ask());
  std::array<std::byte, 8> bytes;
  EXPECT_EQ(queries.read(VirtualAddress{0}, bytes).error().code, ErrorCode::unmapped);
  EXPECT_EQ(queries.read(VirtualAddress{0x400000}, bytes).error().message,
            "cannot read 8 bytes at 0x400000: not mapped");
  EXPECT_THAT(crash.asked, ElementsAre("gdb output/d sizeof(void *)", "sym _stext"));
}

TEST(CrashMemory, KnowsWhichAddressesNoProcessorTakes) {
  const auto code_at = [](CrashQueries& queries, std::uint64_t address) {
    std::array<std::byte, 8> bytes;
    return queries.read(VirtualAddress{address}, bytes).error().code;
  };
  Answers four(with({{"mach",
                      "          MACHINE TYPE: x86_64\n             PAGE SIZE: 4096\n"
                      "   KERNEL VIRTUAL BASE: ffff898740000000\n"}}));
  CrashQueries queries(four.ask());
  EXPECT_EQ(code_at(queries, 0x0001b8013973ff0d), ErrorCode::bad_address);
  EXPECT_EQ(code_at(queries, 0x0000800000000000), ErrorCode::bad_address);
  EXPECT_EQ(code_at(queries, 0xffff7fffffffff00), ErrorCode::bad_address);
  EXPECT_EQ(code_at(queries, 0x00007fffffffff00), ErrorCode::unmapped);
  EXPECT_THAT(four.asked, ElementsAre("gdb output/d sizeof(void *)", "mach", "sym _stext"));

  Answers five(with({{"mach", "          MACHINE TYPE: x86_64\n   KERNEL VIRTUAL BASE: ff1100c740000000\n"},
                     {"rd -x -64 ff11000000000000 1", "rd: invalid kernel virtual address: ff11000000000000\n"}}));
  CrashQueries wide(five.ask());
  EXPECT_EQ(code_at(wide, 0xff11000000000000), ErrorCode::unmapped);
  EXPECT_EQ(code_at(wide, 0x0001b8013973ff0d), ErrorCode::unmapped);
  EXPECT_EQ(code_at(wide, 0x0100000000000000), ErrorCode::bad_address);
  EXPECT_EQ(code_at(wide, 0xcccccccc5b028948), ErrorCode::bad_address);

  Answers silent(basics);
  CrashQueries dead(silent.ask());
  EXPECT_EQ(code_at(dead, 0x0001b8013973ff0d), ErrorCode::debugger_died);
}

TEST(CrashMemory, NoiseOfADebugLevelDoesNotMatter) {
  Answers crash(with({{"rd -x -64 ffffffffaf91ffe0 1",
                       "<addr: ffffffffaf91ffe0 count: 1 flag: 490>\n"
                       "<readmem: ffffffffaf91ffe0, KVADDR, \"64-bit KVADDR\", 8, (FOE), 7ffc>\n"
                       "ffffffffaf91ffe0:  65762078756e694c \n"}}));
  CrashQueries queries(crash.ask());
  std::array<std::byte, 8> bytes{};
  ASSERT_TRUE(queries.read(VirtualAddress{0xffffffffaf91ffe0}, bytes));
  EXPECT_EQ(hex(bytes), "4c696e7578207665");
}

TEST(CrashErrors, AreOneLineWithAName) {
  EXPECT_TRUE(is_crash_error("rd", "rd: invalid user virtual address: 0  type: \"64-bit UVADDR\"\n"));
  EXPECT_TRUE(is_crash_error("bogus", "crash: command not found: bogus\n"));
  EXPECT_TRUE(is_crash_error("sym", "symbol not found: x\n"));
  EXPECT_TRUE(is_crash_error("dis", "symbol not found: nosuch\npossible alternatives:\n  (none found)\n"));
  EXPECT_TRUE(is_crash_error("p", "p: gdb request failed: p nosuch\n"));
  EXPECT_FALSE(is_crash_error("set", "gdb: off\n"));
  EXPECT_FALSE(is_crash_error("set", "debug: 1\n"));
  EXPECT_FALSE(is_crash_error("foreach", "foreach: unknown argument: \"x\"\nforeach: no keywords specified\n"));
  EXPECT_FALSE(is_crash_error("rd", "ffffffffaf91ffe0:  65762078756e694c\n"));
  EXPECT_FALSE(is_crash_error("ps", ""));
}

TEST(CrashRefusal, TheReasonIsTheLastComplaint) {
  const CrashDialect dialect;
  EXPECT_EQ(dialect.reason("readmem: read_diskdump() \ncrash: pv_ops exists: ARCH_PVOPS\ngdb --quiet vmlinux \n\n"
                           "crash: seek error: kernel virtual address: ffffffff82398480  type: \"page_offset_base\"\n"),
            "seek error: kernel virtual address: ffffffff82398480 type: \"page_offset_base\"");
  EXPECT_EQ(dialect.reason("crash: sadump: cannot read dump device\ncrash: /etc/passwd: not a supported file format\n\n"
                           "Usage:\n\n  crash [OPTION]... NAMELIST\nEnter \"crash -h\" for details.\n"),
            "/etc/passwd: not a supported file format");
  EXPECT_EQ(dialect.reason("crash: pv_ops exists: ARCH_PVOPS\n"), std::nullopt);
  EXPECT_EQ(dialect.reason(""), std::nullopt);
}

TEST(CrashMarker, IsNotFoundInTheLineThatAsksForIt) {
  const Marker marker = CrashDialect().marker(0x1234, 5, {});
  EXPECT_EQ(marker.line, "gdb echo \\141licia-0000000000001234-5\\n");
  EXPECT_EQ(marker.reply, "alicia-0000000000001234-5\n");
}

TEST(CrashCommandTable, KnowsWhatCrashShips) {
  const CrashCommands commands;
  for (const auto* word : {"bt", "foreach", "*", "?", "for", "px", "last", "q", "quit", "struct", "sbitmapq"}) {
    EXPECT_TRUE(commands.contains(word)) << word;
  }
  for (const auto* word : {"", "b", "print", "report", "banner", "help "})
    EXPECT_FALSE(commands.contains(word)) << word;
  EXPECT_EQ(commands.command_of("px"), "p");
  EXPECT_EQ(commands.command_of("bt"), "bt");
  EXPECT_TRUE(commands.changed_by("alias kp kmem -p"));
  EXPECT_TRUE(commands.changed_by("extend trace.so"));
  EXPECT_TRUE(commands.changed_by("< commands.txt"));
  EXPECT_FALSE(commands.changed_by("help alias"));
}

TEST(CrashCommandTable, LearnsOnlyFromWhatLooksRight) {
  CrashCommands commands;
  commands.learn("crash: command not found: help\n", "interrupted");
  EXPECT_TRUE(commands.contains("bt"));
  EXPECT_TRUE(commands.contains("px"));
  commands.learn("\n*   help   mine\nbt\n\ncrash version: 8.0.2    gdb version: 10.2\nFor help on any command\n",
                 "ORIGIN   ALIAS    COMMAND\nbuiltin  man      help \nruntime  kp       kmem -p \n");
  EXPECT_THAT(commands.words(), ElementsAre("*", "bt", "help", "kp", "man", "mine"));
  EXPECT_EQ(commands.command_of("kp"), "kmem");
}

TEST(CrashArguments, FilesAreToldApartWhateverTheirOrder) {
  const auto role_of = [](const std::string& file) {
    if (file == "M") return FileRole::map;
    if (file == "K") return FileRole::kernel;
    if (file == "D" || file == "D2") return FileRole::dump;
    return FileRole::other;
  };
  auto sorted = sort_crash_arguments({"M", "K", "D"}, role_of, true);
  EXPECT_THAT(sorted.arguments, ElementsAre("M", "K", "D"));
  EXPECT_EQ(sorted.map + sorted.kernel + sorted.dump, "MKD");
  sorted = sort_crash_arguments({"-i", "M", "D", "--hash", "K", "-x", "M", "K"}, role_of, false);
  EXPECT_THAT(sorted.arguments, ElementsAre("-i", "M", "D", "--hash", "K", "-x", "K"));
  EXPECT_EQ(sorted.map + sorted.kernel + sorted.dump, "MKD");
  sorted = sort_crash_arguments({"K", "D@1000", "D2@2000", "--no_panic"}, role_of, false);
  EXPECT_THAT(sorted.arguments, ElementsAre("K", "D@1000", "D2@2000", "--no_panic"));
  EXPECT_EQ(sorted.dump, "D");
  EXPECT_TRUE(sort_crash_arguments({}, role_of, false).arguments.empty());
}

}  // namespace
}  // namespace alicia::debugger

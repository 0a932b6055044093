// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/disassembler.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace alicia::arch {
namespace {

std::vector<std::byte> raw(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const unsigned value : values)
    bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::vector<Instruction> decode(InstructionSet set, const std::vector<std::byte>& code) {
  const auto disassembler = Disassembler::create(set, Syntax::att);
  EXPECT_TRUE(disassembler);
  return disassembler->decode(code, VirtualAddress{0x1000}, 10);
}

std::string text(const Instruction& instruction) {
  std::string line = fmt::format("{:x} {} {}", instruction.address.value, instruction.mnemonic, instruction.operands);
  if (instruction.target)
    line += fmt::format(" {} {:x}", instruction.is_branch ? "to" : "of", instruction.target->value);
  return line;
}

TEST(Disassembler, NamesWhereABranchLeads) {
  const auto found =
      decode(InstructionSet::x86_64, raw({0xe8, 0xfb, 0x00, 0x00, 0x00, 0x48, 0x8b, 0x70, 0x18, 0x0f, 0x0b}));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].target, VirtualAddress{0x1100});
  EXPECT_TRUE(found[0].is_branch);
  EXPECT_EQ(found[1].address, VirtualAddress{0x1005});
  EXPECT_EQ(found[1].operands, "0x18(%rax), %rsi");
  EXPECT_EQ(found[2].mnemonic, "ud2");
}

TEST(Disassembler, ReadsCodeOf32Bits) {
  // 0x40 is an instruction of its own here, and a prefix on x86_64.
  const auto found = decode(InstructionSet::i386, raw({0x40, 0x55, 0xe8, 0xf9, 0x00, 0x00, 0x00, 0xc3}));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(text(found[0]), "1000 incl %eax");
  EXPECT_EQ(text(found[1]), "1001 pushl %ebp");
  EXPECT_EQ(text(found[2]), "1002 calll 0x1100 to 1100");
  EXPECT_EQ(text(found[3]), "1007 retl ");
}

TEST(Disassembler, ReadsAarch64) {
  const auto found = decode(InstructionSet::aarch64, raw({0x02, 0x00, 0x00, 0x94,  // bl
                                                          0x60, 0x00, 0x00, 0xb4,  // cbz
                                                          0x00, 0x00, 0x00, 0xb0,  // adrp
                                                          0x00, 0x00, 0x00, 0x00,  // none
                                                          0xfd, 0x7b, 0xbf, 0xa9,  // stp
                                                          0xc0, 0x03, 0x5f, 0xd6,  // ret
                                                          0x1f, 0x20}));           // cut off
  ASSERT_EQ(found.size(), 6U);
  EXPECT_EQ(text(found[0]), "1000 bl #0x1008 to 1008");
  EXPECT_EQ(text(found[1]), "1004 cbz x0, #0x1010 to 1010");
  EXPECT_EQ(text(found[2]), "1008 adrp x0, #0x2000 of 2000");
  EXPECT_EQ(found[3].mnemonic, "(bad)");
  EXPECT_EQ(found[3].bytes.size(), 4U);
  EXPECT_EQ(text(found[4]), "1010 stp x29, x30, [sp, #-0x10]!");
  EXPECT_EQ(text(found[5]), "1014 ret ");
}

}  // namespace
}  // namespace alicia::arch

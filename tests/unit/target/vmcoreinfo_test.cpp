// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/vmcoreinfo.hpp"

#include <gtest/gtest.h>

namespace alicia::target {
namespace {

TEST(Vmcoreinfo, AnswersByKey) {
  const Vmcoreinfo info(
      "OSRELEASE=6.1.0-56-cloud-amd64\nSYMBOL(init_uts_ns)=ffffffffb03f9b60\nNUMBER(phys_base)=-190840832\n"
      "KERNELOFFSET=2d800000\nCRASHTIME=1795293600\n");
  EXPECT_EQ(info.text("OSRELEASE"), "6.1.0-56-cloud-amd64");
  EXPECT_EQ(info.symbol("init_uts_ns")->value, 0xffffffffb03f9b60U);
  EXPECT_EQ(info.number("phys_base"), -190840832);
  EXPECT_EQ(info.hex("KERNELOFFSET"), 0x2d800000U);
  EXPECT_EQ(info.decimal("CRASHTIME"), 1795293600);
  EXPECT_FALSE(info.text("SYMBOL(init)"));
  EXPECT_FALSE(info.number("OSRELEASE"));
}

TEST(Vmcoreinfo, PassesOverWhatIsNoLine) {
  const Vmcoreinfo info(std::string_view("no equals\n=no key\nA=1\nA=2\nEMPTY=\n\0B=3\nEND=no newline", 52));
  EXPECT_EQ(info.text("A"), "1");
  EXPECT_EQ(info.text("EMPTY"), "");
  EXPECT_FALSE(info.hex("EMPTY"));
  EXPECT_EQ(info.text("B"), "3");
  EXPECT_FALSE(info.text(""));
  EXPECT_TRUE(Vmcoreinfo("").empty());
}

TEST(Vmcoreinfo, RefusesNumbersThatAreNone) {
  const Vmcoreinfo info("A=12z\nB=11112222333344445\nC=0xffffffffffffffff\nD=0x\nE=-5\n");
  EXPECT_FALSE(info.hex("A"));
  EXPECT_FALSE(info.hex("B"));
  EXPECT_EQ(info.hex("C"), 0xffffffffffffffffU);
  EXPECT_FALSE(info.hex("D"));
  EXPECT_FALSE(info.hex("E"));
  EXPECT_EQ(info.decimal("E"), -5);
}

}  // namespace
}  // namespace alicia::target

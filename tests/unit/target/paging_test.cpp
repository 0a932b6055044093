// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/paging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/arch/fake_memory.hpp"

namespace alicia::target {
namespace {

using testing::HasSubstr;

/// A dump of hand-made pages.
class FakeDump final : public dump::Dump {
 public:
  const dump::DumpInfo& info() const override { return description; }
  Result<dump::Page> page(PageFrame) const override { return failure(ErrorCode::not_supported, "pages"); }
  Result<void> read(PhysicalAddress address, std::span<std::byte> out) const override {
    return memory.read(address, out);
  }
  test::FakeMemory memory;
  dump::DumpInfo description;
};

/// Page tables at 0x1e10000 that map the kernel's image, linked at 0xffffffff81000000, to 0x1000000 + 0x200000.
class Paging : public testing::Test {
 protected:
  Paging() {
    dump.description.architecture = dump::Architecture::x86_64;
    dump.description.max_page_frame = 0x10000;
    dump.memory.write(PhysicalAddress{0x1e10000 + 511 * 8}, 0x2000063);
    dump.memory.write(PhysicalAddress{0x2000000 + 510 * 8}, 0x2001063);
    for (std::uint64_t entry = 0; entry < 64; ++entry)
      dump.memory.write(PhysicalAddress{0x2001000 + entry * 8}, ((entry + 1) << 21) | 0xe3);
  }
  /// The physical address of 0xffffffff81000123.
  Result<std::uint64_t> boot(std::string_view vmcoreinfo) {
    const Cancellation cancellation;
    const auto translator = make_translator(dump, Vmcoreinfo(vmcoreinfo), cancellation);
    if (!translator) return failure(translator);
    const auto translation = (*translator)->translate(VirtualAddress{0xffffffff81000123});
    if (!translation) return failure(translation);
    return translation->physical.value;
  }

  FakeDump dump;
};

TEST_F(Paging, StartsFromPhysBase) {
  const auto found = boot("SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, 0x1200123U);
}

TEST_F(Paging, SearchesWhereThereIsNoPhysBase) {
  const auto found = boot("SYMBOL(swapper_pg_dir)=ffffffff81c10000\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, 0x1200123U);
}

TEST_F(Paging, TakesPhysBaseFromSegments) {
  dump.description.max_page_frame = 0;  // nothing to search
  dump.description.segments = {{VirtualAddress{0xffffffff81000000}, 0x2000000, PhysicalAddress{0x1200000}}};
  const auto found = boot("SYMBOL(swapper_pg_dir)=ffffffff81c10000\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, 0x1200123U);
}

TEST_F(Paging, RefusesTablesThatDoNotMapThemselves) {
  dump.memory.write(PhysicalAddress{0x2001000 + 14 * 8}, 0x40000e3);
  const auto found = boot("SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::corrupt);
}

TEST_F(Paging, SaysWhatIsMissing) {
  EXPECT_THAT(boot("OSRELEASE=6.1\n").error().message, HasSubstr("init_top_pgt"));
  EXPECT_THAT(boot("SYMBOL(init_top_pgt)=12345678\n").error().message, HasSubstr("init_top_pgt"));
  dump.memory.exclude(PhysicalAddress{0x2000000});
  const auto excluded = boot("SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n");
  ASSERT_FALSE(excluded);
  EXPECT_EQ(excluded.error().code, ErrorCode::page_excluded);
  EXPECT_THAT(excluded.error().message, HasSubstr("PUD table at physical 0x2000000"));
}

TEST_F(Paging, NamesAnArchitectureItCannotRead) {
  dump.description.architecture = dump::Architecture::aarch64;
  const auto found = boot("SYMBOL(swapper_pg_dir)=ffff800081c10000\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::wrong_architecture);
  EXPECT_THAT(found.error().message, HasSubstr("aarch64"));
}

TEST_F(Paging, WorksOutAnUnsaidArchitecture) {
  dump.description.architecture = dump::Architecture::unknown;
  EXPECT_TRUE(boot("SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n"));
  dump.description.machine = "ppc64le";
  EXPECT_THAT(boot("OSRELEASE=6.1\n").error().message, HasSubstr("ppc64le"));
}

}  // namespace
}  // namespace alicia::target

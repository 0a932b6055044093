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
  Result<void> holds(PageFrame frame) const override {
    std::byte byte{};
    return memory.read(PhysicalAddress{frame.value * 4096 + 4095}, std::span(&byte, 1));
  }
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
    dump.description.page_size = 4096;
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
}

TEST_F(Paging, DoesWithoutTablesThatAreMissing) {
  const char* vmcoreinfo = "SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n";
  for (const std::uint64_t missing : {0x1e10000U, 0x2000000U, 0x2001000U}) {
    dump.memory.exclude(PhysicalAddress{missing});
    const auto found = boot(vmcoreinfo);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, 0x1200123U) << std::hex << missing;
  }
}

TEST_F(Paging, TakesTheTablesOfATaskWhereTheKernelsOwnAreLost) {
  const char* vmcoreinfo = "SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n";
  // What only tables tell: an address outside of the image.
  dump.memory.write(PhysicalAddress{0x3000000 + 511 * 8}, 0x2000063);
  dump.memory.write(PhysicalAddress{0x3000000 + 300 * 8}, 0x4000063);
  dump.memory.write(PhysicalAddress{0x4000000}, 0x1e3);
  const Cancellation cancellation;
  for (const bool wrong : {true, false}) {
    if (wrong)
      dump.memory.write(PhysicalAddress{0x1e10000 + 511 * 8}, 0x5000063);
    else
      dump.memory.exclude(PhysicalAddress{0x1e10000});
    const auto translator = make_translator(dump, Vmcoreinfo(vmcoreinfo), cancellation);
    ASSERT_TRUE(translator) << translator.error().message;
    const auto found = (*translator)->translate(VirtualAddress{0xffff960000001234});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->physical.value, 0x1234U);
  }
}

TEST_F(Paging, NamesAnArchitectureItCannotRead) {
  dump.description.architecture = dump::Architecture::unknown;
  dump.description.machine = "s390x";
  const auto found = boot("SYMBOL(swapper_pg_dir)=ffff800081c10000\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::wrong_architecture);
  EXPECT_THAT(found.error().message, HasSubstr("s390x"));
}

TEST_F(Paging, WorksOutAnUnsaidArchitecture) {
  dump.description.architecture = dump::Architecture::unknown;
  EXPECT_TRUE(boot("SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n"));
  dump.description.machine = "ppc64le";
  EXPECT_THAT(boot("OSRELEASE=6.1\n").error().message, HasSubstr("ppc64le"));
}

TEST_F(Paging, FindsTheEncryptionBitWhereVmcoreinfoDoesNotSay) {
  constexpr std::uint64_t bit = std::uint64_t{1} << 47;
  dump.memory.write(PhysicalAddress{0x1e10000 + 511 * 8}, bit | 0x2000063);
  dump.memory.write(PhysicalAddress{0x2000000 + 510 * 8}, bit | 0x2001063);
  for (std::uint64_t entry = 0; entry < 64; ++entry)
    dump.memory.write(PhysicalAddress{0x2001000 + entry * 8}, bit | ((entry + 1) << 21) | 0xe3);
  const std::string vmcoreinfo = "SYMBOL(init_top_pgt)=ffffffff81c10000\nNUMBER(phys_base)=2097152\n";
  const auto found = boot(vmcoreinfo);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, 0x1200123U);
  EXPECT_TRUE(boot(vmcoreinfo + "NUMBER(sme_mask)=140737488355328\n"));
  EXPECT_FALSE(boot(vmcoreinfo + "NUMBER(sme_mask)=0\n"));
}

class ForeignPaging : public testing::Test {
 protected:
  Result<std::uint64_t> boot(std::string_view vmcoreinfo, std::uint64_t address) {
    const Cancellation cancellation;
    const auto translator = make_translator(dump, Vmcoreinfo(vmcoreinfo), cancellation);
    if (!translator) return failure(translator);
    const auto translation = (*translator)->translate(VirtualAddress{address});
    if (!translation) return failure(translation);
    return translation->physical.value;
  }
  FakeDump dump;
};

TEST_F(ForeignPaging, I386FindsItsPageOffset) {
  dump.description.architecture = dump::Architecture::i386;
  for (const std::uint64_t page_offset : {0xc0000000U, 0x80000000U}) {
    // One page of 4 MiB at page_offset.
    const std::uint64_t entry = page_offset >> 22;
    dump.memory = {};
    dump.memory.write(PhysicalAddress{0x98000 + (entry & ~std::uint64_t{1}) * 4}, 0x1e3);
    const auto found = boot(fmt::format("SYMBOL(swapper_pg_dir)={:x}\n", page_offset + 0x98000), page_offset + 0x1234);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, 0x1234U);
  }
  EXPECT_FALSE(boot("SYMBOL(swapper_pg_dir)=c0098000\n", 0xc0000000));
  EXPECT_THAT(boot("PAGESIZE=4096\n", 0xc0000000).error().message, HasSubstr("swapper_pg_dir"));
  EXPECT_EQ(boot("SYMBOL(swapper_pg_dir)=98000\n", 0xc0000000).error().code, ErrorCode::corrupt);
}

TEST_F(ForeignPaging, A32BitKernelOnA64BitMachineIsI386) {
  dump.description.architecture = dump::Architecture::x86_64;
  EXPECT_EQ(kernel_architecture(dump, Vmcoreinfo("SYMBOL(swapper_pg_dir)=c0098000\n")), dump::Architecture::i386);
  EXPECT_EQ(kernel_architecture(dump, Vmcoreinfo("SYMBOL(swapper_pg_dir)=ffffffff81c10000\n")),
            dump::Architecture::x86_64);
}

TEST_F(ForeignPaging, Aarch64StartsFromTheDistanceOfItsImage) {
  dump.description.architecture = dump::Architecture::aarch64;
  // A kernel of 48 bits whose image, a block of 1 GiB, lies at 0xffff800080000000 and 0x40000000.
  dump.memory.write(PhysicalAddress{0x41000000 + 256 * 8}, 0x41001003);
  dump.memory.write(PhysicalAddress{0x41001000 + 2 * 8}, 0x40000f01);
  const std::string vmcoreinfo =
      "PAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffff800081000000\nNUMBER(VA_BITS)=48\n"
      "NUMBER(kimage_voffset)=0xffff800040000000\n";
  for (const std::string t1sz : {"", "NUMBER(TCR_EL1_T1SZ)=0x10\n"}) {
    const auto found = boot(vmcoreinfo + t1sz, 0xffff800080123456);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, 0x40123456U);
  }
  // Built for 52 bits, before VMCOREINFO said what the processor had.
  const auto wide = boot(
      "PAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffff800081000000\nNUMBER(VA_BITS)=52\n"
      "NUMBER(kimage_voffset)=0xffff800040000000\n",
      0xffff800080123456);
  ASSERT_TRUE(wide) << wide.error().message;
  EXPECT_EQ(*wide, 0x40123456U);

  EXPECT_FALSE(boot(vmcoreinfo + "NUMBER(TCR_EL1_T1SZ)=0x19\n", 0xffff800080123456));
  EXPECT_THAT(boot("SYMBOL(swapper_pg_dir)=ffff800081000000\n", 0).error().message, HasSubstr("kimage_voffset"));
  for (const std::string size : {"PAGESIZE=0\n", "PAGESIZE=5000\n", "PAGESIZE=-4096\n"})
    EXPECT_EQ(boot(size + vmcoreinfo.substr(vmcoreinfo.find('\n') + 1), 0).error().code, ErrorCode::corrupt) << size;
}

}  // namespace
}  // namespace alicia::target

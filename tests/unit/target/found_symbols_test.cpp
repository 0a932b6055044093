// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/found_symbols.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "unit/symbols/virtual_memory.hpp"
#include "unit/target/made_types.hpp"

namespace alicia::target {
namespace {

using test::MadeTypes;

constexpr VirtualAddress base{0xffff800080000000};
constexpr std::uint64_t task_bytes = 256;

/// Three megabytes: read-only data with BTF in it, then data with tasks.
class FoundSymbols : public testing::Test {
 protected:
  FoundSymbols() {
    auto made = std::make_unique<MadeTypes>();
    const auto pointer = made->pointer();
    made->structure("task_struct", task_bytes,
                    {MadeTypes::member("real_parent", pointer, 16), MadeTypes::member("group_leader", pointer, 24),
                     MadeTypes::member("comm", made->array(made->integer(1), 16), 64)});
    types.add_source(std::move(made));
    memory.append(std::vector<std::byte>(std::size_t{3} << 20));
  }

  void write_header(VirtualAddress at, std::uint32_t type_bytes, std::uint32_t string_bytes, std::uint32_t strings_at) {
    const std::array<std::uint32_t, 6> header{0x0001eb9f, 24, 0, type_bytes, strings_at, string_bytes};
    memory.overwrite(at, header);
  }
  void write_task(VirtualAddress at, std::string_view comm, VirtualAddress leader, VirtualAddress parent) {
    std::array<char, 16> name{};
    std::ranges::copy(comm, name.begin());
    memory.overwrite(at + 64, name);
    memory.overwrite(at + 16, parent.value);
    memory.overwrite(at + 24, leader.value);
  }
  std::optional<std::uint64_t> find(std::string_view name) {
    const target::FoundSymbols symbols(memory, {base + 0x1000, base + 0x200000},
                                       [this]() -> types::TypeSystem& { return types; });
    const auto found = symbols.find(name);
    return found ? std::optional(found->address.value) : std::nullopt;
  }

  test::VirtualMemory memory{base};
  types::TypeSystem types{8};
};

TEST_F(FoundSymbols, BtfIsFoundByItsHeader) {
  // One that lies across two of the windows in which memory is read, and a small one of a program behind it.
  write_header(base + 0x100000 - 12, 0x30000, 0x10000, 0x30000);
  write_header(base + 0x1ff000, 0x100, 0x100, 0x100);
  EXPECT_EQ(find("__start_BTF"), base.value + 0x100000 - 12);
  EXPECT_EQ(find("__stop_BTF"), base.value + 0x100000 - 12 + 24 + 0x40000);
  EXPECT_FALSE(find("__start_orc_unwind"));
}

TEST_F(FoundSymbols, HeadersThatMakeNoSenseAreNone) {
  EXPECT_FALSE(find("__start_BTF"));
  write_header(base + 0x80000, 0x30000, 0x10000, 0x20000);     // strings within the types
  write_header(base + 0x80100, 0x30000, 0, 0x30000);           // none
  write_header(base + 0x80200, 0xffffffff, 0xffffffff, 0x10);  // beyond everything
  write_header(base + 0x210000, 0x30000, 0x10000, 0x30000);    // behind the read-only data
  write_header(base + 0x100, 0x30000, 0x10000, 0x30000);       // before it
  write_header(base + 0x80303, 0x30000, 0x10000, 0x30000);     // at an odd address
  EXPECT_FALSE(find("__start_BTF"));
  EXPECT_FALSE(find("__stop_BTF"));
}

TEST_F(FoundSymbols, InitTaskIsTheSwapperThatIsItsOwnParent) {
  const VirtualAddress task = base + 0x208000;
  write_task(base + 0x210000, "swapper/1", base + 0x210000, task);
  write_task(base + 0x204000, "swapper/0", task, task);  // text that looks like one
  EXPECT_FALSE(find("init_task"));
  write_task(task, "swapper/0", task, task);
  EXPECT_EQ(find("init_task"), task.value);
}

TEST_F(FoundSymbols, InitTaskBeforeTheKnownAddressIsFoundToo) {
  const VirtualAddress task = base + 0x180000 - 68;  // its name lies across two windows
  write_task(task, "swapper", task, task);
  EXPECT_EQ(find("init_task"), task.value);
}

TEST_F(FoundSymbols, MemoryFullOfSwappersEnds) {
  for (std::uint64_t at = 0x200000; at + 8 <= 0x300000; at += 8)
    memory.overwrite(base + at, std::array{'s', 'w', 'a', 'p', 'p', 'e', 'r', '\0'});
  EXPECT_FALSE(find("init_task"));
}

TEST_F(FoundSymbols, AreasAtTheEndsOfTheAddressSpaceAreSafe) {
  for (const std::uint64_t data : {std::uint64_t{0}, std::uint64_t{8}, ~std::uint64_t{0}}) {
    const target::FoundSymbols symbols(memory, {VirtualAddress{0}, VirtualAddress{data}},
                                       [this]() -> types::TypeSystem& { return types; });
    EXPECT_FALSE(symbols.find("__start_BTF"));
    EXPECT_FALSE(symbols.find("init_task"));
  }
}

}  // namespace
}  // namespace alicia::target

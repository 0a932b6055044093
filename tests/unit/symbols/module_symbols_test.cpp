// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/module_symbols.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include "unit/symbols/virtual_memory.hpp"

namespace alicia::symbols {
namespace {

constexpr VirtualAddress text{0xffffffffc0100000};
constexpr VirtualAddress data{0xffffffffc0200000};

/// A module of two ranges; its symbol table and strings lie in the second.
class Module : public testing::Test {
 protected:
  Module() {
    add(0, 0, 0, SHN_UNDEF);
    add(name("veth_open"), text.value + 0x40, 't', 1);
    add(name("veth_close"), text.value + 0x20, 'T', 1);
    add(name("veth_ops"), data.value + 0x10, 'd', 3);
    add(name("printk_elsewhere"), 0, 'U', SHN_UNDEF);
    add(0, text.value + 0x60, 't', 1);  // no name
    table.symtab = memory.append(std::as_bytes(std::span(entries)));
    table.strtab = memory.append(std::as_bytes(std::span(strings)));
    table.typetab = memory.append(std::as_bytes(std::span(types)));
    table.count = entries.size();
    memory.align(0x10000);
  }
  std::uint32_t name(std::string_view it) {
    const auto at = static_cast<std::uint32_t>(strings.size());
    strings += it;
    strings += '\0';
    return at;
  }
  void add(std::uint32_t offset, std::uint64_t value, char type, std::uint16_t section) {
    entries.push_back(Elf64_Sym{offset, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 0, section, value, 0});
    types.push_back(type);
  }
  ModuleSymbols module() { return {memory, "veth", table, {{text, 0x100}, {data, 0x10000}}}; }

  test::VirtualMemory memory{data};
  ModuleTable table;
  std::vector<Elf64_Sym> entries;
  std::string strings = std::string(1, '\0');
  std::string types;
};

TEST_F(Module, SymbolsComeByAddressWithTheirLetters) {
  std::vector<std::string> seen;
  module().for_each([&](const Symbol& symbol) {
    seen.push_back(std::string(1, symbol.type) + " " + symbol.name + " " + symbol.module);
    return true;
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"T veth_close veth", "t veth_open veth", "d veth_ops veth"}));
}

TEST_F(Module, AddressesAreToldWithinTheirRange) {
  const auto inside = module().at(VirtualAddress{text.value + 0x45});
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->symbol.name, "veth_open");
  EXPECT_EQ(inside->offset, 5U);
  EXPECT_FALSE(module().at(VirtualAddress{text.value + 0x10}));   // below the first symbol
  EXPECT_FALSE(module().at(VirtualAddress{data.value + 0x8}));    // the symbol below is in the text
  EXPECT_FALSE(module().at(VirtualAddress{text.value + 0x100}));  // behind the range
  EXPECT_EQ(module().at(VirtualAddress{data.value + 0x18})->symbol.name, "veth_ops");
}

TEST_F(Module, WithoutTypetabTheLetterComesFromTheSymbol) {
  table.typetab = VirtualAddress{0};
  EXPECT_EQ(module().find("veth_open")->type, 't');
}

TEST_F(Module, HostileTables) {
  table.count = 0xffffffffffff;
  EXPECT_EQ(module().problem().error().code, ErrorCode::corrupt);
  table.count = 500'000;  // believable, and beyond the memory there is
  EXPECT_FALSE(module().problem());
  table.count = entries.size();
  table.strtab = VirtualAddress{0xdead000000000000};
  EXPECT_FALSE(module().problem());
  EXPECT_FALSE(module().find("veth_open"));
  table.strtab = data + 0xfff8;
  module().for_each([](const Symbol&) { return true; });
}

TEST_F(Module, NamesOutsideTheStringsAreLeftOut) {
  memory.overwrite(table.symtab + sizeof(Elf64_Sym), std::uint32_t{0xfffffff0});
  const ModuleSymbols it = module();
  EXPECT_FALSE(it.find("veth_open"));
  EXPECT_TRUE(it.find("veth_close"));
}

}  // namespace
}  // namespace alicia::symbols

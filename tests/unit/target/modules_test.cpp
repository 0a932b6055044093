// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/modules.hpp"

#include <gtest/gtest.h>

#include "unit/symbols/virtual_memory.hpp"
#include "unit/target/made_types.hpp"

namespace alicia::target {
namespace {

using test::MadeTypes;

constexpr VirtualAddress list_head{0xffff888000100000};

/// A list of modules in memory, with struct module as old or as new kernels have it.
class Modules : public testing::Test {
 protected:
  void declare(bool has_mem_array) {
    auto made = std::make_unique<MadeTypes>();
    const auto word = made->integer(4);
    const auto pointer = made->pointer();
    const auto list = made->structure("list_head", 16,
                                      {MadeTypes::member("next", pointer, 0), MadeTypes::member("prev", pointer, 8)});
    made->structure("mod_kallsyms", 32,
                    {MadeTypes::member("symtab", pointer, 0), MadeTypes::member("num_symtab", word, 8),
                     MadeTypes::member("strtab", pointer, 16), MadeTypes::member("typetab", pointer, 24)});
    std::vector<types::Member> members{MadeTypes::member("state", word, 0), MadeTypes::member("list", list, 8),
                                       MadeTypes::member("name", made->array(made->integer(1), 56), 24),
                                       MadeTypes::member("kallsyms", pointer, 80)};
    if (has_mem_array) {
      const auto part = made->structure("module_memory", 16,
                                        {MadeTypes::member("base", pointer, 0), MadeTypes::member("size", word, 8)});
      members.push_back(MadeTypes::member("mem", made->array(part, 2), 88));
    } else {
      const auto part = made->structure("module_layout", 16,
                                        {MadeTypes::member("base", pointer, 0), MadeTypes::member("size", word, 8)});
      members.push_back(MadeTypes::member("core_layout", part, 88));
      members.push_back(MadeTypes::member("init_layout", part, 104));
    }
    made->structure("module", module_bytes, std::move(members));
    types.add_source(std::move(made));
  }

  /// A module whose list_head links to `next`; returns the address of that list_head.
  VirtualAddress module_at(unsigned number) const { return list_head + 0x100 + number * module_bytes + 8; }
  void lay_out(const std::vector<std::string>& names) {
    memory.append_value(module_at(0).value);  // the head
    while (memory.end() < list_head + 0x100)
      memory.append_value(std::uint8_t{0});
    for (unsigned number = 0; number < names.size(); ++number) {
      const bool is_last = number + 1 == names.size();
      memory.append_value(std::uint64_t{0});
      memory.append_value(is_last ? list_head.value : module_at(number + 1).value);
      memory.append_value(std::uint64_t{0});
      std::string name = names[number];
      name.resize(56);
      memory.append(std::as_bytes(std::span(name)));
      memory.append_value(std::uint64_t{0xffff888000200000});  // kallsyms: not there
      memory.append_value(0xffffffffc0000000 + number * 0x10000);
      memory.append_value(std::uint64_t{0x4000});
      memory.append_value(std::uint64_t{0});  // nothing left of the init part
      memory.append_value(std::uint64_t{0});
    }
  }

  static constexpr std::uint64_t module_bytes = 120;
  types::TypeSystem types{8};
  test::VirtualMemory memory{list_head};
};

TEST_F(Modules, AreReadInTheOrderOfTheList) {
  declare(false);
  lay_out({"veth", std::string(56, 'x')});
  const auto listing = read_modules(memory, types, list_head);
  EXPECT_TRUE(listing.problems.empty()) << listing.problems.front().message;
  ASSERT_EQ(listing.items.size(), 2U);
  EXPECT_EQ(listing.items[0].name, "veth");
  EXPECT_EQ(listing.items[0].address.value, module_at(0).value - 8);
  ASSERT_EQ(listing.items[0].ranges.size(), 1U);
  EXPECT_EQ(listing.items[0].ranges[0].begin.value, 0xffffffffc0000000U);
  EXPECT_EQ(listing.items[0].ranges[0].size, 0x4000U);
  EXPECT_EQ(listing.items[1].name, std::string(56, 'x'));  // no NUL: ends with the array
}

TEST_F(Modules, OfNewerKernelsHaveAnArrayOfMemory) {
  declare(true);
  lay_out({"veth"});
  const auto listing = read_modules(memory, types, list_head);
  ASSERT_EQ(listing.items.size(), 1U);
  ASSERT_EQ(listing.items[0].ranges.size(), 1U);
  EXPECT_EQ(listing.items[0].ranges[0].begin.value, 0xffffffffc0000000U);
}

TEST_F(Modules, AListInACircleEnds) {
  declare(false);
  lay_out({"one", "two", "three"});
  memory.overwrite(module_at(2), module_at(1).value);
  const auto listing = read_modules(memory, types, list_head);
  EXPECT_EQ(listing.items.size(), 3U);
  ASSERT_EQ(listing.problems.size(), 1U);
  EXPECT_EQ(listing.problems[0].code, ErrorCode::corrupt);
}

TEST_F(Modules, AListThatLeavesMemoryKeepsWhatWasRead) {
  declare(false);
  lay_out({"one", "two", "three"});
  memory.overwrite(module_at(0), std::uint64_t{0xdead000000000100});
  const auto listing = read_modules(memory, types, list_head);
  EXPECT_EQ(listing.items.size(), 1U);
  EXPECT_EQ(listing.problems.size(), 2U);  // the module that isn't there, and the end of the list
}

TEST_F(Modules, WithoutTypesThereIsAReason) {
  lay_out({"one"});
  const auto listing = read_modules(memory, types, list_head);
  EXPECT_TRUE(listing.items.empty());
  ASSERT_EQ(listing.problems.size(), 1U);
  EXPECT_EQ(listing.problems[0].code, ErrorCode::no_such_type);
}

}  // namespace
}  // namespace alicia::target

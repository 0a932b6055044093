// SPDX-License-Identifier: GPL-3.0-or-later
// Symbols where VMCOREINFO doesn't say where kallsyms lies, as in kernels before 6.0.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/blanked.hpp"
#include "engine/factory.hpp"

namespace alicia::target {
namespace {

std::vector<std::string> all_symbols(const Target& target) {
  std::vector<std::string> lines;
  target.for_each_symbol([&](const symbols::Symbol& symbol) {
    lines.push_back(fmt::format("{:x} {} {} {}", symbol.address.value, symbol.type, symbol.name, symbol.module));
    return true;
  });
  return lines;
}

class SearchedKernel : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(SearchedKernel, EverySymbolIsTheSameWithoutVmcoreinfosLines) {
  const auto& [name, file] = GetParam();
  const test::BlankedCopy copy(test::scenario(name) / file, {"SYMBOL(kallsyms_"});
  const auto searched = test::open_dump(copy.path());
  ASSERT_FALSE(searched->vmcoreinfo().symbol("kallsyms_names"));
  const auto expected = all_symbols(*test::open_scenario(name, file));
  ASSERT_GT(expected.size(), 80'000U);
  EXPECT_TRUE(all_symbols(*searched) == expected);
}

INSTANTIATE_TEST_SUITE_P(Dumps, SearchedKernel,
                         testing::Values(std::pair{"sysrq-6.1", "dump.kdump"}, std::pair{"sysrq-6.1", "dump.elf"},
                                         std::pair{"sysrq-6.12", "dump.kdump"}),
                         [](const auto& test) {
                           return test::kernel_name(test.param.first) + "_" +
                                  test.param.second.substr(test.param.second.find('.') + 1);
                         });

}  // namespace
}  // namespace alicia::target

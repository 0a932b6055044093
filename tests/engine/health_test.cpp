// SPDX-License-Identifier: GPL-3.0-or-later
// Healthy dumps give no warning; the one that a makedumpfile older than its kernel filtered gives one.
#include "target/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "engine/factory.hpp"

namespace alicia::target {
namespace {

std::vector<std::string> healthy_scenarios() {
  std::vector<std::string> names{"sysrq-6.1", "sysrq-6.12", "null-6.1", "irq-6.12", "stack-6.12"};  // CI makes them
  if (std::getenv("ALICIA_FULL") != nullptr) names = test::ask_factory("--list", "");
  std::erase_if(names, [](const std::string& name) { return name.empty() || name.starts_with("holes"); });
  return names;
}

TEST(Health, OfAHealthyDumpIsGood) {
  const Cancellation cancellation;
  for (const std::string& name : healthy_scenarios()) {
    for (const char* file : {"dump.kdump", "dump.lzo", "dump.elf", "dump.flat"}) {
      if (!std::filesystem::exists(test::scenario(name) / file)) continue;
      const auto target = test::open_scenario(name, file);
      EXPECT_THAT(target->warnings(), testing::IsEmpty()) << name << " " << file;
      const Health health = examine(*target, HealthScope::all, cancellation);
      EXPECT_THAT(health.warnings, testing::IsEmpty()) << name << " " << file;
      EXPECT_THAT(health.items, testing::Not(testing::IsEmpty())) << name << " " << file;
    }
  }
}

/// The guest counted its slab pages a while before it crashed.
TEST(Health, LooksAtEverySlabPage) {
  const Cancellation cancellation;
  for (const char* name : {"sysrq-6.1", "sysrq-6.12"}) {
    std::uint64_t kilobytes = 0;
    std::ifstream meminfo(test::scenario(name) / "truth/proc/meminfo");
    for (std::string line; std::getline(meminfo, line);)
      if (line.starts_with("Slab:")) kilobytes = std::stoull(line.substr(5));
    const Health health = examine(*test::open_scenario(name), HealthScope::all, cancellation);
    const auto slabs = std::ranges::find(health.items, "slab pages", &HealthItem::what);
    ASSERT_NE(slabs, health.items.end());
    EXPECT_GT(slabs->examined, kilobytes / 4 * 9 / 10) << name;
    EXPECT_LT(slabs->examined, kilobytes / 4 * 15 / 10) << name;
  }
}

TEST(Health, WhatAnOldFilterTookIsMissed) {
  const Cancellation cancellation;
  const auto target = test::open_scenario("holes-6.12");
  const auto warning = testing::AllOf(testing::HasSubstr("slab pages"),
                                      testing::HasSubstr("filtered by a makedumpfile older than this kernel"));
  EXPECT_THAT(target->warnings(), testing::ElementsAre(warning));
  const Health health = examine(*target, HealthScope::all, cancellation);
  EXPECT_THAT(health.warnings, testing::ElementsAre(warning));
  const auto slabs = std::ranges::find(health.items, "slab pages", &HealthItem::what);
  ASSERT_NE(slabs, health.items.end());
  EXPECT_GT(slabs->missing, 50U);
  EXPECT_LT(slabs->missing, slabs->examined / 4);
}

}  // namespace
}  // namespace alicia::target

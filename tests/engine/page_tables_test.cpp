// SPDX-License-Identifier: GPL-3.0-or-later
// The page tables of CPUs: by the register, where the dump has it, and by the task that ran.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/factory.hpp"
#include "target/cpu_page_tables.hpp"
#include "target/unwinder.hpp"
#include "target/user_memory.hpp"

namespace alicia::target {
namespace {

/// Every page table maps the kernel, and maps it alike.
void expect_maps_the_kernel(Target& target, PhysicalAddress root) {
  const auto begin = target.vmcoreinfo().symbol("_stext");
  ASSERT_TRUE(begin);
  for (std::uint64_t at = 0; at < 64 * 4096; at += 4096) {
    const auto expected = target.translator().translate(*begin + at);
    const auto found = target.translator().translate(*begin + at, root);
    ASSERT_TRUE(expected && found) << at;
    EXPECT_EQ(found->physical, expected->physical) << at;
  }
}

TEST(CpuPageTables, AreThoseOfTheTaskThatRan) {
  unsigned of_processes = 0;
  for (const char* name : {"sysrq-6.1", "sysrq-6.12"}) {
    SCOPED_TRACE(name);
    const auto target = test::open_scenario(name, "dump.lzo");
    const auto unwinder = Unwinder::create(*target);
    ASSERT_TRUE(unwinder);
    for (const unsigned cpu : target->online_cpus()) {
      const auto tables = cpu_page_tables(*target, cpu);
      ASSERT_TRUE(tables) << tables.error().message;
      EXPECT_EQ(tables->source, "active_mm");
      expect_maps_the_kernel(*target, tables->root);
      const auto task = (*unwinder)->current_task(cpu);
      ASSERT_TRUE(task);
      const auto own = user_page_tables(*target, *task);
      if (!own) continue;  // a kernel thread
      EXPECT_EQ(tables->root, *own);
      ++of_processes;
    }
    EXPECT_EQ(cpu_page_tables(*target, target->possible_cpus()).error().code, ErrorCode::bad_argument);
  }
  EXPECT_GE(of_processes, 2U) << "init panicked and a loop ran";
}

TEST(CpuPageTables, AreTheRegistersWhereQemuWroteThem) {
  const auto target = test::open_scenario("i386-pae");
  for (const unsigned cpu : {0U, 1U}) {
    const auto tables = cpu_page_tables(*target, cpu);
    ASSERT_TRUE(tables) << tables.error().message;
    EXPECT_EQ(tables->source, "CR3");
    EXPECT_NE(tables->root.value, 0U);
    expect_maps_the_kernel(*target, tables->root);
  }
}

}  // namespace
}  // namespace alicia::target

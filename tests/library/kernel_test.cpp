// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <alicia/alicia.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace {

using namespace alicia::api;

std::string scenario(const std::string& name) {
  const std::string command = std::string(ALICIA_DUMP_FACTORY) + " --path " + name + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string path;
  for (int character = 0; pipe && (character = std::fgetc(pipe.get())) != EOF && character != '\n';)
    path += static_cast<char>(character);
  return path;
}

class Library : public testing::TestWithParam<const char*> {
 protected:
  std::string folder = scenario(GetParam());
  Outcome<Kernel> kernel = Kernel::open({{folder + "/dump.kdump"}, {}, {}});
};
INSTANTIATE_TEST_SUITE_P(Dumps, Library, testing::Values("sysrq-6.1", "sysrq-6.12"));

TEST_P(Library, ReadsTheFirstTask) {
  ASSERT_TRUE(kernel) << kernel.failure().message;
  const auto task = kernel->address_of("init_task");
  ASSERT_TRUE(task) << task.failure().message;
  const auto name = kernel->member(*task, "struct task_struct", "comm", "char *");
  ASSERT_TRUE(name) << name.failure().message;
  EXPECT_EQ(std::get<std::string>(*name), "swapper/0");
  EXPECT_EQ(*kernel->type_of_symbol("init_task"), "struct task_struct");
  const auto offset = kernel->offset_of("struct task_struct", "comm");
  ASSERT_TRUE(offset);
  EXPECT_EQ(*kernel->read_string(*task + *offset), "swapper/0");
  const auto children = kernel->member(*task, "struct task_struct", "children");
  ASSERT_TRUE(children);
  EXPECT_EQ(std::get<Aggregate>(*children).type, "struct list_head");
  EXPECT_EQ(*kernel->size_of("struct list_head"), 16U);
  EXPECT_EQ(kernel->symbol_at(*task + 8)->symbol.name, "init_task");
}

TEST_P(Library, EveryTaskOfTheListWasInTheGuest) {
  ASSERT_TRUE(kernel);
  const std::uint64_t first = *kernel->address_of("init_task");
  const std::uint64_t tasks = *kernel->offset_of("task_struct", "tasks");
  unsigned found = 0, compared = 0;
  std::uint64_t link = *kernel->read_unsigned(first + tasks, 8);
  for (; link != first + tasks && found < 10'000; link = *kernel->read_unsigned(link, 8), ++found) {
    const std::uint64_t task = link - tasks;
    const auto name = kernel->member(task, "task_struct", "comm", "char *");
    const auto pid = kernel->member(task, "task_struct", "tgid");
    ASSERT_TRUE(name && pid);
    std::ifstream comm(folder + "/truth/proc/" + std::to_string(std::get<std::int64_t>(*pid)) + "/comm");
    std::string line;
    if (!std::getline(comm, line)) continue;  // a task that began later
    // Of a kernel thread /proc says more than its comm: `kworker/0:1-events`.
    EXPECT_TRUE(line.starts_with(std::get<std::string>(*name))) << line;
    ++compared;
  }
  EXPECT_GT(found, 40U);
  EXPECT_GT(compared, 40U);
}

TEST_P(Library, FailuresSayWhatAndWhere) {
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->symbol("no_such_symbol_at_all").failure().code, "no_such_symbol");
  EXPECT_EQ(kernel->size_of("struct no_such_struct").failure().code, "no_such_type");
  EXPECT_EQ(kernel->offset_of("struct list_head", "middle").failure().code, "no_such_member");
  const auto unmapped = kernel->read_unsigned(0x10, 8);
  ASSERT_FALSE(unmapped);
  EXPECT_EQ(unmapped.failure().code, "unmapped");
  EXPECT_EQ(unmapped.failure().address, 0x10U);
  EXPECT_EQ(kernel->read_unsigned(0x10, 3).failure().code, "bad_argument");
  EXPECT_EQ(kernel->per_cpu_offset(4096).failure().code, "bad_argument");
  EXPECT_THROW((void)unmapped.value(), std::logic_error);
  EXPECT_EQ(Kernel::open({{"/nonexistent"}, {}, {}}).failure().code, "cannot_open");
}

}  // namespace

// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <alicia/alicia.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace {

using namespace alicia::api;

/// The first line of what the factory prints.
std::string scenario(const std::string& name, const std::string& question = "--path") {
  const std::string command = std::string(ALICIA_DUMP_FACTORY) + " " + question + " " + name + " 2>/dev/null";
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

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The arguments a task was started with, as the dump has them.
Outcome<std::string> arguments(Kernel& kernel, std::uint64_t task) {
  const auto number = [&](const char* member) {
    const auto value = kernel.member(task, "task_struct", member, "unsigned long");
    return value ? std::get<std::uint64_t>(*value) : 0;
  };
  const std::uint64_t begin = number("mm->arg_start"), end = number("mm->arg_end");
  std::string text(end - begin, '\0');
  const auto read = kernel.read_user(task, begin, std::as_writable_bytes(std::span(text)));
  if (!read) return read.failure();
  return text;
}

TEST_P(Library, UserMemoryIsTheGuests) {
  auto nearly_all = Kernel::open({{folder + "/dump.lzo"}, {}, {}});  // level 1: user pages are in it
  ASSERT_TRUE(nearly_all) << nearly_all.failure().message;
  const std::uint64_t first = *nearly_all->address_of("init_task");
  const std::uint64_t tasks = *nearly_all->offset_of("task_struct", "tasks");
  unsigned compared = 0;
  for (std::uint64_t link = *nearly_all->read_unsigned(first + tasks, 8); link != first + tasks;
       link = *nearly_all->read_unsigned(link, 8)) {
    const std::uint64_t task = link - tasks;
    const auto pid = nearly_all->member(task, "task_struct", "tgid");
    const auto mm = nearly_all->member(task, "task_struct", "mm", "unsigned long");
    ASSERT_TRUE(pid && mm);
    if (std::get<std::uint64_t>(*mm) == 0) {
      std::byte byte{};
      EXPECT_EQ(nearly_all->read_user(task, 0x1000, {&byte, 1}).failure().code, "no_memory_there");
      continue;
    }
    const auto truth = folder + "/truth/proc/" + std::to_string(std::get<std::int64_t>(*pid)) + "/cmdline";
    if (!std::ifstream(truth)) continue;
    const auto found = arguments(*nearly_all, task);
    ASSERT_TRUE(found) << found.failure().message;
    EXPECT_EQ(*found, contents(truth));
    ++compared;
    const auto begin = nearly_all->member(task, "task_struct", "mm->arg_start", "unsigned long");
    const auto physical = nearly_all->translate_user(task, std::get<std::uint64_t>(*begin));
    ASSERT_TRUE(physical);
    std::byte there{};
    ASSERT_TRUE(nearly_all->read_physical(*physical, {&there, 1}));
    EXPECT_EQ(static_cast<char>(there), found->front());
    if (compared == 1 && GetParam() == std::string("sysrq-6.1")) {
      EXPECT_EQ(arguments(*kernel, task).failure().code, "page_excluded");  // by level 31; 6.12 has 23
    }
  }
  EXPECT_GE(compared, 5U);
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

TEST(LibraryTypes, ComeFromTheFilesNamed) {
  const std::string dump = scenario("sysrq-6.1") + "/dump.kdump", vmlinux = scenario("sysrq-6.1", "--debuginfo");
  Files files{{dump}, {}, {}};
  auto whole = Kernel::open(files);
  files.refuse_btf = true;
  files.debug_folder = "/nonexistent";
  auto none = Kernel::open(files);
  files.types = {vmlinux};
  auto dwarf = Kernel::open(files);
  ASSERT_TRUE(whole && none && dwarf);
  EXPECT_EQ(none->size_of("struct task_struct").failure().code, "no_such_type");
  EXPECT_EQ(*dwarf->size_of("struct task_struct"), *whole->size_of("struct task_struct"));
  EXPECT_EQ(*dwarf->offset_of("struct task_struct", "comm"), *whole->offset_of("struct task_struct", "comm"));
  const std::uint64_t task = *dwarf->address_of("init_task");
  EXPECT_EQ(std::get<std::string>(*dwarf->member(task, "struct task_struct", "comm", "char *")), "swapper/0");
}

}  // namespace

// SPDX-License-Identifier: GPL-3.0-or-later
// A compiler's own DWARF of each version is read; what it should say is what the compiler says of the same text.
#include "types/dwarf_source.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "types/type_system.hpp"

namespace alicia::types {
namespace {

using testing::SizeIs;

constexpr const char* program = R"(
typedef unsigned char u8;
enum colour { RED, GREEN = 5, DARK = -1 };
struct later;
struct list_head { struct list_head *next, *prev; };
struct task {
  char comm[16];
  unsigned int low : 3;
  unsigned int high : 7;
  union { long word; int half; };
  int grid[2][3];
  enum colour colour;
  struct later *later;
  const volatile u8 *bytes;
  int (*call)(struct task *, ...);
  _Bool alive;
  struct list_head list;
  long tail[];
};
struct task init_task;
extern char banner[];
char banner[] = "text";
static struct { int seq; struct list_head list; } core;
long run(struct task *task, int count) { return task->grid[1][2] + count + core.seq + banner[0]; }
)";

class Dwarf : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / fmt::format("dwarf{}-{}", GetParam(), getpid());
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "task.c") << program;
    const std::string command = fmt::format("cc -g -gdwarf-{} -O0 -shared -fPIC -Wl,--build-id -o '{}' '{}'",
                                            GetParam(), (folder_ / "task.so").string(), (folder_ / "task.c").string());
    ASSERT_EQ(std::system(command.c_str()), 0);
    auto source = DwarfSource::open(folder_ / "task.so", folder_ / "cache");
    ASSERT_TRUE(source) << source.error().message;
    source_ = source->get();
    types_.add_source(std::move(*source));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string member(std::string_view name) {
    const auto field = types_.member(types_.find("struct task").value(), name);
    return field ? fmt::format("{}:{} {}", field->bit_offset, field->bitfield_bits, types_.spell(field->type))
                 : field.error().message;
  }

  std::filesystem::path folder_;
  DwarfSource* source_ = nullptr;
  TypeSystem types_{8};
};

INSTANTIATE_TEST_SUITE_P(Versions, Dwarf, testing::Values(2, 3, 4, 5));

TEST_P(Dwarf, LayoutsAreTheCompilers) {
  EXPECT_EQ(types_.size_of(types_.find("struct task").value()), 112U);
  EXPECT_EQ(member("comm"), "0:0 char [16]");
  EXPECT_EQ(member("low"), "128:3 unsigned int");
  EXPECT_EQ(member("high"), "131:7 unsigned int");
  EXPECT_EQ(member("half"), "192:0 int");
  EXPECT_EQ(member("grid"), "256:0 int [2][3]");
  EXPECT_EQ(member("colour"), "448:0 enum colour");
  EXPECT_EQ(member("later"), "512:0 struct later *");
  EXPECT_EQ(member("bytes"), "576:0 const volatile u8 *");
  EXPECT_EQ(member("call"), "640:0 int (*)(struct task *, ...)");
  EXPECT_EQ(member("alive"), "704:0 _Bool");
  EXPECT_EQ(member("tail"), "896:0 long []");
}

TEST_P(Dwarf, EnumerationsAndDeclarations) {
  const Type& colour = types_.describe(types_.find("enum colour").value());
  ASSERT_THAT(colour.enumerators, SizeIs(3));
  EXPECT_EQ(colour.enumerators[1].value, 5);
  EXPECT_EQ(colour.enumerators[2].value, -1);
  EXPECT_EQ(colour.encoding, Encoding::signed_);
  const auto later = source_->find(Tag::structure, "later");
  ASSERT_TRUE(later);
  EXPECT_EQ(source_->type(*later).kind, Kind::forward);
  EXPECT_FALSE(source_->find(Tag::any, "nowhere"));
  EXPECT_FALSE(source_->find(Tag::union_, "task"));
}

TEST_P(Dwarf, VariablesAndFunctions) {
  const auto spelled = [&](const auto& type, const char* name) { return type ? types_.spell(*type, name) : "none"; };
  EXPECT_EQ(spelled(source_->find_variable("init_task"), "init_task"), "struct task init_task");
  EXPECT_EQ(spelled(source_->find_variable("banner"), "banner"), "char banner[5]") << "the definition's own type";
  const auto core = source_->find_variable("core");
  ASSERT_TRUE(core);
  EXPECT_EQ(types_.member(*core, "list")->bit_offset, 64U);
  EXPECT_EQ(spelled(source_->find_function("run"), "run"), "long run(struct task *, int)");
  EXPECT_FALSE(source_->find_variable("nowhere"));
}

/// Modules and Kerntypes objects are not linked; distributions compress debug information.
TEST(DwarfFiles, UnlinkedAndCompressedOnesAreRead) {
  const auto folder = std::filesystem::path(testing::TempDir()) / fmt::format("dwarf-files-{}", getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "task.c") << program;
  const auto object = folder / "task.o";
  for (const char* options : {"-c", "-c -gz=zlib", "-shared -fPIC -gz=zlib", "-c -m32", "-c -gdwarf-4"}) {
    ASSERT_EQ(std::system(
                  fmt::format("cc -g {} -o '{}' '{}'", options, object.string(), (folder / "task.c").string()).c_str()),
              0);
    TypeSystem types(8);
    auto source = DwarfSource::open(object, {});
    ASSERT_TRUE(source) << options << ": " << source.error().message;
    types.add_source(std::move(*source));
    const auto task = types.find("struct task");
    ASSERT_TRUE(task) << options;
    EXPECT_EQ(types.member(*task, "grid")->bit_offset, options == std::string_view("-c -m32") ? 192U : 256U);
    EXPECT_EQ(types.spell(types.member(*task, "colour")->type), "enum colour");
  }
  std::filesystem::remove_all(folder);
}

TEST(DwarfFiles, WhatHasNoDwarfSaysSo) {
  const auto path = std::filesystem::path(testing::TempDir()) / fmt::format("nothing-{}.o", getpid());
  ASSERT_EQ(std::system(fmt::format("echo 'int x;' | cc -g0 -x c -c -o '{}' -", path.string()).c_str()), 0);
  EXPECT_EQ(DwarfSource::open(path, {}).error().code, ErrorCode::wrong_format);
  std::ofstream(path) << "no ELF";
  EXPECT_EQ(DwarfSource::open(path, {}).error().code, ErrorCode::wrong_format);
  EXPECT_EQ(DwarfSource::open("/nowhere", {}).error().code, ErrorCode::cannot_open);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace alicia::types

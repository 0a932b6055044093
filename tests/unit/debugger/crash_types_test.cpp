// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/crash_types.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "debugger/ptype.hpp"
#include "types/type_system.hpp"

namespace alicia::debugger {
namespace {

using types::Kind;
using types::Tag;

// crash 8.0.2's own words, shortened.
constexpr auto page = R"(/* offset    |  size */  type = struct page {
/*    0      |     8 */    unsigned long flags;
/*    8      |    40 */    union {
/*                40 */        struct {
/*    8      |    16 */            union {
/*                16 */                struct list_head {
/*    8      |     8 */                    struct list_head *next;
/*   16      |     8 */                    struct list_head *prev;

                                           /* total size (bytes):   16 */
                                       } lru;
/*                16 */                struct {
/*    8      |     8 */                    void *__filler;
/*   16      |     4 */                    unsigned int mlock_count;
/* XXX  4-byte padding  */

                                           /* total size (bytes):   16 */
                                       };

                                       /* total size (bytes):   16 */
                                   };
/*   24      |     8 */            struct address_space *mapping;

                                   /* total size (bytes):   40 */
                               };
/*                 8 */        pgtable_t pmd_huge_pte;

                               /* total size (bytes):   40 */
                           };
/*   48      |     4 */    atomic_t _refcount;
/*   52: 3   |     4 */    enum zone_type zone : 5;
/*   56      |     8 */    void (*func)(struct page *, char [16]);
/*   64      |    32 */    struct {...} slots[2][4];

                           /* total size (bytes):  104 */
                         }
)";

const std::map<std::string, std::string> answers{
    {"gdb ptype /o struct page", page},
    {"gdb ptype /o (*(struct page *)0).slots[0][0]",
     "/* offset    |  size */  type = struct {\n/*    0: 0   |     1 */    __u8 ihl : 4;\n"
     "/*    0: 4   |     1 */    __u8 version : 4;\n\n         /* total size (bytes):    4 */\n    }\n"},
    {"gdb whatis atomic_t", "type = struct {...}\n"},
    {"gdb whatis (atomic_t *)0", "type = atomic_t *\n"},
    {"gdb ptype /o (*(atomic_t *)0)",
     "type = struct {\n/*    0      |     4 */    int counter;\n\n     /* total size (bytes):    4 */\n   }\n"},
    {"gdb whatis __u8", "type = unsigned char\n"},
    {"gdb whatis (__u8 *)0", "type = __u8 *\n"},
    {"gdb whatis jiffies", "type = volatile unsigned long\n"},
    {"gdb ptype enum zone_type", "type = enum zone_type {ZONE_DMA, ZONE_NORMAL = 2, ZONE_MOVABLE}\n"},
    {"gdb output/d sizeof(enum zone_type)", "4"},
    {"gdb ptype /o struct lock_class_key",
     "/* offset    |  size */  type = struct lock_class_key {\n    <no data fields>\n\n"
     "                           /* total size (bytes):    0 */\n                         }\n"},
    {"gdb ptype /o struct opaque", "type = struct opaque {\n    <incomplete type>\n}\n"},
};

class CrashTypesTest : public testing::Test {
 protected:
  CrashTypesTest() : types(8) {
    auto owned = std::make_unique<CrashTypes>(
        [this](std::string_view line) -> Result<std::string> {
          asked.emplace_back(line);
          if (gone) return failure(ErrorCode::debugger_died, "crash is gone");
          const auto found = answers.find(std::string(line));
          if (found != answers.end()) return found->second;
          return "gdb: gdb request failed: " + std::string(line.substr(4)) + "\n";
        },
        8);
    source = owned.get();
    types.add_source(std::move(owned));
  }

  std::uint64_t offset(std::string_view structure, std::string_view member) {
    const auto type = types.find(structure);
    const auto field = type ? types.member(*type, member) : failure(type);
    EXPECT_TRUE(field) << member;
    return field ? field->bit_offset : ~0ULL;
  }
  std::string spelt(std::string_view structure, std::string_view member) {
    return types.spell(types.member(*types.find(structure), member)->type);
  }

  std::vector<std::string> asked;
  bool gone = false;
  types::TypeSystem types;
  CrashTypes* source;
};

TEST_F(CrashTypesTest, MembersLieWhereGdbSays) {
  EXPECT_EQ(types.size_of(*types.find("struct page")), 104U);
  EXPECT_EQ(offset("struct page", "flags"), 0U);
  EXPECT_EQ(offset("struct page", "lru"), 64U);
  EXPECT_EQ(offset("struct page", "mlock_count"), 128U);
  EXPECT_EQ(offset("struct page", "mapping"), 192U);
  EXPECT_EQ(offset("struct page", "pmd_huge_pte"), 64U);
  EXPECT_EQ(offset("struct page", "zone"), 52U * 8 + 3);
  EXPECT_EQ(types.member(*types.find("struct page"), "zone")->bitfield_bits, 5U);
  EXPECT_EQ(asked, std::vector<std::string>{"gdb ptype /o struct page"}) << "nothing but the struct is asked for";
  EXPECT_EQ(spelt("struct page", "mapping"), "struct address_space *");
  EXPECT_EQ(spelt("struct page", "func"), "void (*)(struct page *, char [16])");
}

TEST_F(CrashTypesTest, StructsPrintedInPlaceNeedNoQuestion) {
  ASSERT_TRUE(types.find("struct page"));
  asked.clear();
  EXPECT_EQ(offset("struct list_head", "prev"), 64U);
  EXPECT_EQ(types.size_of(*types.find("struct list_head")), 16U);
  EXPECT_TRUE(asked.empty());
}

TEST_F(CrashTypesTest, UnnamedTypesAreAskedForByAnExpression) {
  const auto slots = types.member(*types.find("struct page"), "slots");
  ASSERT_TRUE(slots);
  const auto row = types.follow(slots->type, types.describe(slots->type).target);
  const auto element = types.follow(row, types.describe(row).target);
  EXPECT_EQ(types.describe(element).kind, Kind::structure) << testing::PrintToString(asked);
  const auto version = types.member(element, "version");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->bit_offset, 4U);
  EXPECT_EQ(version->bitfield_bits, 4U);
  EXPECT_EQ(types.size_of(slots->type), 32U);
  EXPECT_EQ(types.size_of(version->type), 1U);
}

TEST_F(CrashTypesTest, TypedefsAreFollowedStepByStep) {
  const auto atomic = types.find("atomic_t");
  ASSERT_TRUE(atomic);
  EXPECT_EQ(types.spell(*atomic), "atomic_t");
  EXPECT_EQ(types.size_of(*atomic), 4U);
  EXPECT_EQ(offset("atomic_t", "counter"), 0U);
  EXPECT_FALSE(types.find("jiffies")) << "a variable is no type";
}

TEST_F(CrashTypesTest, EnumerationsHaveTheirValues) {
  const auto zone = types.find("enum zone_type");
  ASSERT_TRUE(zone);
  const auto& described = types.describe(*zone);
  ASSERT_EQ(described.enumerators.size(), 3U);
  EXPECT_EQ(described.enumerators[2].name, "ZONE_MOVABLE");
  EXPECT_EQ(described.enumerators[2].value, 3);
  EXPECT_EQ(described.size, 4U);
}

TEST_F(CrashTypesTest, EmptyIncompleteAndAbsentDiffer) {
  EXPECT_EQ(types.size_of(*types.find("struct lock_class_key")), 0U);
  EXPECT_EQ(types.describe(*types.find("struct opaque")).kind, Kind::forward);
  EXPECT_EQ(types.find("struct nosuch").error().code, ErrorCode::no_such_type);
  asked.clear();
  EXPECT_FALSE(types.find("struct nosuch"));
  EXPECT_TRUE(asked.empty()) << "absence is remembered";
}

TEST_F(CrashTypesTest, WhatCouldNotBeAskedIsAskedAgain) {
  gone = true;
  EXPECT_EQ(types.find("struct page").error().message, "crash is gone");
  gone = false;
  EXPECT_EQ(types.find("struct nosuch").error().code, ErrorCode::no_such_type);
  EXPECT_TRUE(types.find("struct page"));
}

TEST_F(CrashTypesTest, NothingButNamesGetsIntoAQuestion) {
  for (const auto* name : {"a b", "x\ny", "1a", "", "a;b", "(x)"}) {
    EXPECT_FALSE(source->find(Tag::any, name)) << name;
    EXPECT_FALSE(source->find(Tag::structure, name)) << name;
  }
  EXPECT_TRUE(asked.empty());
}

TEST(Ptype, ThatIsSomethingElseIsRefused) {
  for (const std::string_view text :
       {"", "gdb: gdb request failed: ptype /o x\n", "type = int\n", "type = struct x {\n",
        "type = struct x {\n    int a;\n}\n", "type = struct x {\n/* 0 | 4 */ int a\n}\n",
        "type = struct x {\n/* 99999999999999999999 | 4 */ int a;\n}\n",
        "type = struct x {\n/* 8 | 8 */ struct {\n/* 4 | 4 */ int a;\n};\n}\n",
        "type = struct x {\n/* 0 | 4 */ int a : 500;\n}\n", "type = enum x {A}\n", "}\n", "/* offset"}) {
    EXPECT_FALSE(parse_ptype(text)) << text;
  }
  std::string deep = "type = struct x {\n";
  for (int level = 0; level < 1000; ++level)
    deep += "/* 0 | 8 */ struct {\n";
  EXPECT_FALSE(parse_ptype(deep));
}

}  // namespace
}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/declarator.hpp"

#include <gmock/gmock.h>

#include "types/btf_source.hpp"
#include "types/type_system.hpp"
#include "unit/types/btf_builder.hpp"

namespace alicia::types {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<TypeSystem> kernel_types(unsigned pointer_bytes = 8) {
  BtfBuilder out;
  const int u64 = out.typedef_of("u64", out.integer("long long unsigned int", 8));
  const int list = out.structure("list_head", 16, {{"next", out.pointer(0), 0}, {"prev", out.pointer(0), 64}});
  out.structure("timekeeper", 24, {{"base", u64, 0}, {"list", list, 64}});
  out.union_of("both", 8, {{"word", u64, 0}});
  out.enumeration("colour", 4, {{"RED", 0}});
  out.typedef_of("spinlock_t", out.structure("spinlock", 4, {{"value", out.integer("int", 4, BTF_INT_SIGNED), 0}}));
  out.forward("elsewhere");
  auto types = std::make_unique<TypeSystem>(pointer_bytes);
  types->add_source(BtfSource::create(out.bytes()).value());
  return types;
}

std::string spelled(TypeSystem& types, std::string_view text) {
  const auto found = types.find(text);
  return found ? types.spell(*found) : std::string(error_code_name(found.error().code));
}

TEST(Declarator, SpellsAsCDoes) {
  const auto types = kernel_types();
  const std::pair<const char*, const char*> cases[] = {
      {"list_head", "struct list_head"},
      {"struct list_head*", "struct list_head *"},
      {"struct list_head [2]", "struct list_head [2]"},
      {"char *", "char *"},
      {"const char *", "const char *"},
      {"char const*", "const char *"},
      {"char * const", "char *const"},
      {"const volatile char **const*", "const volatile char **const *"},
      {"char volatile const [2]", "const volatile char [2]"},
      {"char *volatile const", "char *volatile const"},
      {"unsigned long long", "unsigned long long"},
      {"long unsigned int", "unsigned long"},
      {"unsigned", "unsigned int"},
      {"signed", "int"},
      {"signed long", "long"},
      {"short", "short"},
      {"long int unsigned long", "unsigned long long"},
      {"u64", "u64"},
      {"_Bool", "_Bool"},
      {"bool", "_Bool"},
      {"__u8", "unsigned char"},
      {"uint32_t", "unsigned int"},
      {"void", "void"},
      {"void *", "void *"},
      {"void (*)(int, char *)", "void (*)(int, char *)"},
      {"int (*)(void)", "int (*)(void)"},
      {"int (*)(const char *, ...)", "int (*)(const char *, ...)"},
      {"int (*[4])(struct list_head *)", "int (*[4])(struct list_head *)"},
      {"int (*(*)(void))[3]", "int (*(*)(void))[3]"},
      {"int (*)[4]", "int (*)[4]"},
      {"int [2][3]", "int [2][3]"},
      {"char []", "char []"},
      {"char [0x10]", "char [16]"},
      {"union both", "union both"},
      {"enum colour *", "enum colour *"},
      {"spinlock_t", "spinlock_t"},
      {"struct elsewhere *", "struct elsewhere *"},
      {"struct list_head __rcu *", "struct list_head *"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(spelled(*types, text), expected) << text;
}

TEST(Declarator, WhatIsSpelledIsReadBackAsTheSameType) {
  const auto types = kernel_types();
  for (const char* text :
       {"int (*[4])(struct list_head *)", "const char *const [3]", "void (*(*)(int, u64))(char [2])"}) {
    const auto once = types->find(text);
    ASSERT_TRUE(once) << text;
    EXPECT_EQ(spelled(*types, types->spell(*once)), types->spell(*once));
  }
  EXPECT_EQ(types->find("struct list_head *[2]").value(), types->find("struct  list_head  * [ 2 ]").value());
}

TEST(Declarator, RefusesWhatIsNoType) {
  const auto types = kernel_types();
  for (const char* text : {"",
                           " ",
                           "struct",
                           "char x",
                           "int)",
                           "int (",
                           "[2]",
                           "*",
                           "int [",
                           "int [x]",
                           "long short",
                           "unsigned float",
                           "struct list_head {",
                           "int : 3",
                           "struct { int a }",
                           "int;;",
                           "struct list_head list_head",
                           "u64 u64",
                           "char [99999999999999999999]",
                           "int @",
                           "void (*)(int",
                           "__attribute__",
                           "__attribute__)",
                           "int [0xffffffffffffffff]"}) {
    const auto found = types->find(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, ErrorCode::bad_argument) << text << ": " << found.error().message;
  }
  for (const char* text : {"struct nothing", "nothing *", "union list_head", "enum list_head", "struct u64"}) {
    EXPECT_EQ(spelled(*types, text), "no_such_type") << text;
  }
}

TEST(Declarator, LengthAndNestingAreLimited) {
  const auto types = kernel_types();
  EXPECT_EQ(spelled(*types, "int " + std::string(100'000, '*')), "bad_argument");
  EXPECT_EQ(spelled(*types, std::string(100'000, '(')), "bad_argument");
  EXPECT_EQ(spelled(*types, "int " + std::string(100'000, '(')), "bad_argument");
  EXPECT_EQ(spelled(*types, std::string(1'000'000, ' ')), "bad_argument");
  std::string nested;
  for (int level = 0; level < 10'000; ++level)
    nested += "struct {";
  EXPECT_EQ(spelled(*types, nested), "bad_argument");
  std::string arrays = "char ";
  for (int level = 0; level < 10'000; ++level)
    arrays += "[9]";
  EXPECT_EQ(spelled(*types, arrays), "bad_argument");
}

TEST(Declaration, HasANameATypeAndPerhapsAWidth) {
  const auto types = kernel_types();
  const auto modules = types->declare("struct list_head modules;");
  ASSERT_TRUE(modules);
  EXPECT_EQ(modules->name, "modules");
  EXPECT_EQ(types->spell(modules->type, "modules"), "struct list_head modules");
  EXPECT_EQ(types->spell(types->declare("extern char x[16]")->type, "x"), "char x[16]");
  EXPECT_EQ(types->spell(types->declare("void (*handler)(int)")->type, "handler"), "void (*handler)(int)");
  const auto field = types->declare("unsigned int policy : 3");
  ASSERT_TRUE(field);
  EXPECT_EQ(field->bitfield_bits, 3U);
  EXPECT_FALSE(types->declare("unsigned int policy : 3")->name.empty());
}

TEST(Declaration, AnUnknownStructIsTakenAsDeclaredElsewhere) {
  const auto types = kernel_types();
  const auto declared = types->declare("struct nothing *p");
  ASSERT_TRUE(declared);
  EXPECT_EQ(types->spell(declared->type, "p"), "struct nothing *p");
  EXPECT_EQ(types->declare("nothing_t *p").error().code, ErrorCode::no_such_type);
  EXPECT_EQ(types->size_of(types->declare("struct nothing p")->type).error().code, ErrorCode::type_mismatch);
}

std::vector<std::pair<std::string, std::uint64_t>> offsets(TypeSystem& types, TypeRef type) {
  std::vector<std::pair<std::string, std::uint64_t>> found;
  for (const Member& member : types.describe(type).members)
    found.emplace_back(member.name, member.bit_offset);
  return found;
}

// The compiler that builds this test lays out the same bodies.
#define BODY(name, ...)    \
  struct name __VA_ARGS__; \
  [[maybe_unused]] const char* const name##_text = "struct " #__VA_ARGS__;

struct list_head {
  void *next, *prev;
};
using u64 = unsigned long long;

BODY(Mixed, {
  char a;
  u64 b[2];
  short c;
  struct list_head list;
  char d;
})
BODY(Bits, {
  unsigned int a : 3;
  unsigned int b : 30;
  unsigned char c : 7;
  unsigned short d : 2;
  u64 e : 40;
  int : 0;
  char f;
  unsigned int g : 31;
  bool h : 1;
})
BODY(Nested, {
  char a;
  union {
    char b;
    struct {
      int c;
      u64 d;
    } e;
  };
  char* f;
  int g[3][2];
})
BODY(Packed, {
  char a;
  u64 b;
  short c;
} __attribute__((packed)))

TEST(Layout, IsTheCompilers) {
  const auto types = kernel_types();
  const auto laid_out = [&](const char* text) {
    const auto type = types->find(text);
    EXPECT_TRUE(type) << text << type.error().message;
    return *type;
  };
  const TypeRef mixed = laid_out(Mixed_text);
  EXPECT_EQ(types->size_of(mixed), sizeof(Mixed));
  EXPECT_EQ(offsets(*types, mixed).at(3), (std::pair<std::string, std::uint64_t>("list", 8 * offsetof(Mixed, list))));
  EXPECT_EQ(offsets(*types, mixed).at(4).second, 8 * offsetof(Mixed, d));
  const TypeRef nested = laid_out(Nested_text);
  EXPECT_EQ(types->size_of(nested), sizeof(Nested));
  const auto inner = types->member(nested, "e");
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->bit_offset, 8 * offsetof(Nested, e));
  EXPECT_EQ(types->member(nested, "g")->bit_offset, 8 * offsetof(Nested, g));
  const TypeRef packed = laid_out(Packed_text);
  EXPECT_EQ(types->size_of(packed), sizeof(Packed));
  EXPECT_EQ(offsets(*types, packed).at(2).second, 72U);
}

TEST(Layout, BitFieldsAreWhereTheCompilerPutsThem) {
  const auto types = kernel_types();
  const auto type = types->find(Bits_text);
  ASSERT_TRUE(type) << type.error().message;
  EXPECT_EQ(types->size_of(*type), sizeof(Bits));
  const auto only = [](auto set) {  // the number of the one bit that is set
    Bits bits;
    std::memset(&bits, 0, sizeof bits);
    set(bits);
    std::array<unsigned char, sizeof bits> bytes{};
    std::memcpy(bytes.data(), &bits, sizeof bits);
    for (std::uint64_t bit = 0; bit < bytes.size() * 8; ++bit) {
      if ((bytes[bit / 8] >> (bit % 8) & 1) != 0) return bit;
    }
    return std::uint64_t{0};
  };
  EXPECT_THAT(
      offsets(*types, *type),
      ElementsAre(std::pair("a", only([](Bits& x) { x.a = 1; })), std::pair("b", only([](Bits& x) { x.b = 1; })),
                  std::pair("c", only([](Bits& x) { x.c = 1; })), std::pair("d", only([](Bits& x) { x.d = 1; })),
                  std::pair("e", only([](Bits& x) { x.e = 1; })), std::pair("f", only([](Bits& x) { x.f = 1; })),
                  std::pair("g", only([](Bits& x) { x.g = 1; })), std::pair("h", only([](Bits& x) { x.h = 1; }))));
}

TEST(Layout, ThirtyTwoBitsAlignWideIntegersToAWord) {
  const auto types = kernel_types(4);
  const auto type = types->find("struct { char a; unsigned long long b; long c; }");
  ASSERT_TRUE(type);
  EXPECT_THAT(offsets(*types, *type), ElementsAre(std::pair("a", 0U), std::pair("b", 32U), std::pair("c", 96U)));
  EXPECT_EQ(types->size_of(*type), 16U);
}

TEST(Declaration, InlineBodiesOfGlobals) {
  const auto types = kernel_types();
  const auto core = types->declare("static struct { unsigned int seq; struct timekeeper timekeeper; } tk_core;");
  ASSERT_TRUE(core) << core.error().message;
  EXPECT_EQ(core->name, "tk_core");
  EXPECT_EQ(types->member(core->type, "timekeeper")->bit_offset, 64U);
  EXPECT_EQ(types->size_of(core->type), 32U);
  const auto pid = types->declare("enum { A, B = 5, C, D = -1 } kind");
  ASSERT_TRUE(pid);
  EXPECT_EQ(types->describe(pid->type).enumerators.at(2).value, 6);
  EXPECT_EQ(types->describe(pid->type).encoding, Encoding::signed_);
  const auto opaque = types->declare("union {...} u");
  ASSERT_TRUE(opaque);
  EXPECT_EQ(types->spell(opaque->type, "u"), "union {...} u");
}

}  // namespace
}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
// What is expected here is in the form that crash 8.0.2 gave for structs of a Debian 6.1 kernel.
#include "types/format.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/bytes.hpp"
#include "types/btf_source.hpp"
#include "types/text_format.hpp"
#include "unit/types/btf_builder.hpp"
#include "unit/types/fake_memory.hpp"

namespace alicia::types {
namespace {

using testing::HasSubstr;

std::string format_character(std::int64_t value) {
  std::string out;
  append_character(out, value);
  return out;
}

std::string format_text(std::string_view text, bool cut, const TextLimits& limits) {
  std::string out = "before ";
  append_text(out, text, cut, limits);
  return out.substr(7);
}

TEST(TextFormat, Characters) {
  EXPECT_EQ(format_character(0), "0 '\\000'");
  EXPECT_EQ(format_character(112), "112 'p'");
  EXPECT_EQ(format_character(255), "255 '\\377'");
  EXPECT_EQ(format_character(-1), "-1 '\\377'");
  EXPECT_EQ(format_character('\''), "39 '\\''");
  EXPECT_EQ(format_character('"'), "34 '\"'");
  EXPECT_EQ(format_character('\n'), "10 '\\n'");
}

TEST(TextFormat, Strings) {
  using namespace std::string_view_literals;
  EXPECT_EQ(format_text("", false, {}), "\"\"");
  EXPECT_EQ(format_text("Linux\0\0"sv, false, {}), R"("Linux\000\000")");
  EXPECT_EQ(format_text("a\"b\\c\n\x1b[0m\xff"sv, false, {}), R"("a\"b\\c\n\033[0m\377")");
  EXPECT_EQ(format_text("\0007"sv, false, {}), R"("\000\067")") << "a digit is not taken for the escape's fourth";
  EXPECT_EQ(format_text("swapper/0\0\0\0\0\0\0\0\0\0\0\0"sv, false, {256, 10}),
            R"("swapper/0", '\000' <repeats 11 times>)");
  EXPECT_EQ(format_text("xxxxxxxxxxxxab"sv, true, {256, 10}), R"('x' <repeats 12 times>, "ab"...)");
  EXPECT_EQ(format_text("abc"sv, false, {2, 0}), R"("ab"...)");
}

class Format : public testing::Test {
 protected:
  void SetUp() override {
    BtfBuilder out;
    const int int_ = out.integer("int", 4, BTF_INT_SIGNED);
    const int long_ = out.integer("long unsigned int", 8);
    const int char_ = out.integer("char", 1, BTF_INT_SIGNED);
    const int u8_ = out.typedef_of("u8", out.integer("unsigned char", 1));
    const int bool_ = out.integer("_Bool", 1, BTF_INT_BOOL);
    const int state_ = out.enumeration("state", 4, {{"IDLE", 0}, {"BUSY", 1}, {"LOST", 5}});
    const int flags_ = out.enumeration("flags", 4, {{"READ", 1}, {"WRITE", 2}, {"EXEC", 4}});
    const int untagged_ = out.enumeration(nullptr, 4, {{"OFF", 0}, {"ON", 1}, {"AUTO", 7}});
    const int list_ = out.structure("list_head", 16, {{"next", out.pointer(0), 0}, {"prev", out.pointer(0), 64}});
    const int pair_ = out.structure(nullptr, 8, {{"from", int_, 0}, {"to", int_, 32}});
    const int empty_ = out.structure("lock_class_key", 0, {});
    const int function_ = out.prototype(int_);
    out.parameter(nullptr, long_);
    out.structure("thing", 168,
                  {{"name", out.array(char_, int_, 8), 0},
                   {nullptr, out.union_of(nullptr, 8, {{"word", long_, 0}, {"half", int_, 0}}), 64},
                   {"list", list_, 128},
                   {"pairs", out.array(pair_, int_, 2), 256},
                   {"bytes", out.array(u8_, int_, 4), 384},
                   {"count", int_, 416},
                   {"state", state_, 448},
                   {"flags", flags_, 480},
                   {"small", u8_, 512},
                   {"alive", bool_, 520},
                   {"low", u8_, 528, 3},
                   {"high", u8_, 531, 5},
                   {"mode", untagged_, 544},
                   {"text", out.pointer(out.const_of(char_)), 576},
                   {"call", out.pointer(function_), 640},
                   {"numbers", out.array(int_, int_, 12), 704},
                   {"key", empty_, 1088},
                   {"fixed", pair_, 1088},
                   {"tail", out.array(long_, int_, 0), 1344}});
    types_.add_source(BtfSource::create(out.bytes()).value());

    memory_.fill(0x1000, 168);
    memory_.put_text(0x1000, "swap");
    memory_.put(0x1008, std::uint64_t{0xffff'fffe});
    memory_.put(0x1010, std::uint64_t{0x1010});
    memory_.put(0x1018, std::uint64_t{0x5000});
    memory_.put(0x1020, std::int32_t{1});
    memory_.put(0x1024, std::int32_t{-2});
    memory_.put(0x1030, std::uint32_t{0x00ff'0041});
    memory_.put(0x1034, std::int32_t{-7});
    memory_.put(0x1038, std::int32_t{5});
    memory_.put(0x103c, std::int32_t{0x43});
    memory_.put(0x1040, std::uint8_t{107});
    memory_.put(0x1041, std::uint8_t{1});
    memory_.put(0x1042, std::uint8_t{0b10110'101});
    memory_.put(0x1044, std::int32_t{3});
    memory_.put(0x1048, std::uint64_t{0x3000});
    memory_.put(0x1050, std::uint64_t{0x4000});
    memory_.fill(0x3000, 64);
    memory_.put_text(0x3000, "ext4");
    options_.symbol = [](VirtualAddress address) -> std::string {
      if (address.value == 0x4000) return "handler";
      return fits(address.value - 0x1000, 1, 0x100) ? fmt::format("thing+{}", address.value - 0x1000) : "";
    };
  }

  std::string formatted(std::string_view type, std::uint64_t address) {
    const auto found = types_.find(type);
    EXPECT_TRUE(found) << type;
    const auto text = format_value(memory_, types_, {VirtualAddress{address}, *found}, options_);
    return text ? *text : std::string(error_code_name(text.error().code));
  }

  FakeMemory memory_;
  TypeSystem types_{8};
  FormatOptions options_;
};

TEST_F(Format, AStructAsCrashPrintsIt) {
  EXPECT_EQ(formatted("struct thing", 0x1000), R"({
  name = "swap\000\000\000",
  {
    word = 4294967294,
    half = -2
  },
  list = {
    next = 0x1010 <thing+16>,
    prev = 0x5000
  },
  pairs = {{
      from = 1,
      to = -2
    }, {
      from = 0,
      to = 0
    }},
  bytes = "A\000\377",
  count = -7,
  state = LOST,
  flags = (READ | WRITE | unknown: 0x40),
  small = 107 'k',
  alive = true,
  low = 5 '\005',
  high = 22 '\026',
  mode = 3,
  text = 0x3000 "ext4",
  call = 0x4000 <handler>,
  numbers = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
  key = {<No data fields>},
  fixed = {
    from = 0,
    to = 0
  },
  tail = 0x10a8 <thing+168>
})");
}

TEST_F(Format, HexadecimalShowsBitsWithoutSigns) {
  options_.hexadecimal = true;
  const std::string text = formatted("struct thing", 0x1000);
  for (const char* line : {"word = 0xfffffffe,", "half = 0xfffffffe\n", "to = 0xfffffffe\n", "count = 0xfffffff9,",
                           "state = LOST,", "small = 0x6b,", "alive = 0x1,", "low = 0x5,", "high = 0x16,",
                           "bytes = \"A\\000\\377\",", "mode = 0x3,", "numbers = {0x0, 0x0,"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(Format, RepeatsAndLengthsAreCutOnDemand) {
  options_.repeats = 10;
  EXPECT_THAT(formatted("struct thing", 0x1000), HasSubstr("numbers = {0 <repeats 12 times>},"));
  options_.repeats = 0;
  options_.elements = 3;
  EXPECT_THAT(formatted("struct thing", 0x1000), HasSubstr("numbers = {0, 0, 0...},"));
  EXPECT_THAT(formatted("struct thing", 0x1000), HasSubstr("text = 0x3000 \"ext\"...,"));
  options_.longest = 30;
  EXPECT_LT(formatted("struct thing", 0x1000).size(), 120U);
}

TEST_F(Format, PointersByThemselvesHaveTheirType) {
  memory_.put(0x2000, std::uint64_t{0x1000});
  EXPECT_EQ(formatted("struct thing *", 0x2000), "(struct thing *) 0x1000 <thing+0>");
  EXPECT_EQ(formatted("char *", 0x1048), "0x3000 \"ext4\"");
  EXPECT_EQ(formatted("int (*)(unsigned long)", 0x1050), "(int (*)(unsigned long)) 0x4000 <handler>");
  EXPECT_EQ(formatted("unsigned long [2]", 0x1010), "{4112, 20480}");
}

TEST_F(Format, HolesAreSaidWhereTheyAre) {
  memory_.put(0x2ff8, std::uint64_t{0x7000});
  EXPECT_EQ(formatted("char *", 0x2ff8), "0x7000 <error: nothing at 0x7000>");
  EXPECT_EQ(formatted("struct list_head", 0x3038), "{\n  next = 0x0,\n  prev = <error: nothing at 0x3040>\n}")
      << "the first pointer is there";
  EXPECT_EQ(formatted("struct thing", 0x7000), "unmapped");
  EXPECT_EQ(formatted("void", 0x1000), "type_mismatch");
}

TEST_F(Format, AnInterruptEndsIt) {
  Cancellation cancellation;
  cancellation.request();
  options_.cancellation = &cancellation;
  EXPECT_EQ(formatted("struct thing", 0x1000), "interrupted");
}

TEST_F(Format, DescribesTypesWithOffsets) {
  const auto described = [&](std::string_view type, const DescribeOptions& options = {}) {
    const auto text = describe_type(types_, types_.find(type).value(), options);
    return text ? *text : std::string(error_code_name(text.error().code));
  };
  EXPECT_EQ(described("struct list_head", {true, {}}), R"(struct list_head {
   [0] void *next;
   [8] void *prev;
}
SIZE: 16
)");
  EXPECT_EQ(described("struct thing", {true, {}}), R"(struct thing {
    [0] char name[8];
        union {
    [8]     unsigned long word;
    [8]     int half;
        };
   [16] struct list_head list;
        struct {
            int from;
            int to;
   [32] } pairs[2];
   [48] u8 bytes[4];
   [52] int count;
   [56] enum state state;
   [60] enum flags flags;
   [64] u8 small;
   [65] _Bool alive;
   [66] u8 low : 3;
   [66] u8 high : 5;
   [68] enum {OFF, ON, AUTO = 7} mode;
   [72] const char *text;
   [80] int (*call)(unsigned long);
   [88] int numbers[12];
  [136] struct lock_class_key key;
        struct {
            int from;
            int to;
  [136] } fixed;
  [168] unsigned long tail[];
}
SIZE: 168
)");
  EXPECT_EQ(described("struct list_head"), "struct list_head {\n    void *next;\n    void *prev;\n}\nSIZE: 16\n");
  EXPECT_EQ(described("struct list_head", {true, VirtualAddress{0xffff'ffff'b021'aa40}}),
            "struct list_head {\n  [ffffffffb021aa40] void *next;\n  [ffffffffb021aa48] void *prev;\n}\nSIZE: 16\n");
  EXPECT_EQ(described("u8"), "typedef unsigned char u8;\nSIZE: 1\n");
  EXPECT_EQ(described("enum state"), "enum state {\n  IDLE = 0\n  BUSY = 1\n  LOST = 5\n};\n");
  EXPECT_EQ(described("int *"), "type_mismatch");
}

}  // namespace
}  // namespace alicia::types

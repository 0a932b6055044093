// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include "lcrash/c_format.hpp"
#include "lcrash/expression/evaluator.hpp"
#include "types/btf_source.hpp"
#include "unit/types/btf_builder.hpp"
#include "unit/types/fake_memory.hpp"

namespace alicia::lcrash {
namespace {

using testing::HasSubstr;

/// A kernel with `first`, a struct task at 0x1000, whose next is at 0x1100; `count`, an int; `table`, three of them;
/// `plain`, whose type nobody knows.
class Expressions : public testing::Test {
 protected:
  void SetUp() override {
    types::BtfBuilder out;
    const int int_ = out.integer("int", 4, BTF_INT_SIGNED);
    const int char_ = out.integer("char", 1, BTF_INT_SIGNED);
    const int byte_ = out.typedef_of("u8", out.integer("unsigned char", 1));
    const int colour_ = out.enumeration("colour", 4, {{"RED", 1}, {"BLUE", 2}});
    const int set_ = out.typedef_of("set_t", out.structure(nullptr, 4, {{"bits", out.array(byte_, int_, 2), 0}}));
    const int task_forward = out.forward("task");
    out.structure("task", 48,
                  {{"next", out.pointer(task_forward), 0},
                   {"comm", out.array(char_, int_, 8), 64},
                   {"pid", int_, 128},
                   {"colour", colour_, 160},
                   {"set", set_, 192},
                   {"low", int_, 224, 3},
                   {"letter", char_, 232},
                   {nullptr, out.union_of(nullptr, 8, {{"any", out.pointer(0), 0}, {"number", int_, 0}}), 256},
                   {"load", out.floating("double", 8), 320}});
    types_.add_source(types::BtfSource::create(out.bytes()).value());
    memory_.fill(0x1000, 0x200);
    memory_.put(0x1000, std::uint64_t{0x1100});
    memory_.put_text(0x1008, "swap\x1b[");
    memory_.put(0x1010, std::int32_t{-7});
    memory_.put(0x1014, std::int32_t{2});
    memory_.put(0x1018, std::uint8_t{0xff});
    memory_.put(0x101c, std::uint8_t{0b101});
    memory_.put(0x101d, 'A');
    memory_.put(0x1028, 2.5);
    memory_.put_text(0x1108, "second");
    memory_.put(0x1110, std::int32_t{42});
    memory_.put(0x2000, std::int32_t{-1});
    for (std::int32_t i = 0; i < 3; ++i)
      memory_.put(0x2010 + 4 * static_cast<std::uint64_t>(i), 10 * (i + 1));
  }

  Scope scope() {
    const auto symbol = [](std::string_view name, bool) -> Result<VirtualAddress> {
      const std::map<std::string_view, std::uint64_t> known{{"first", 0x1000}, {"count", 0x2000}, {"table", 0x2010},
                                                            {"plain", 0x3000}, {"beef", 0x2000},  {"gone", 0x9000}};
      const auto found = known.find(name);
      if (found == known.end()) return failure(ErrorCode::no_such_symbol, "no such symbol: " + std::string(name));
      return VirtualAddress{found->second};
    };
    const auto type = [this](std::string_view name) -> std::optional<types::TypeRef> {
      const std::map<std::string_view, std::string_view> known{
          {"first", "struct task"}, {"count", "int"}, {"table", "int [3]"}, {"beef", "int"}, {"gone", "struct task"}};
      const auto found = known.find(name);
      if (found == known.end()) return std::nullopt;
      return types_.find(found->second).value();
    };
    return {memory_, types_, symbol, type};
  }

  /// What `print` shows, or the error's message.
  std::string print(std::string_view text, Radix radix = Radix::decimal) {
    const Scope all = scope();
    const auto operand = evaluate(all, text);
    if (!operand) return operand.error().message;
    const auto shown = format_operand(all, *operand, radix, cancellation_);
    return shown ? *shown : shown.error().message;
  }
  ErrorCode error(std::string_view text) {
    const Scope all = scope();
    const auto operand = evaluate(all, text);
    if (!operand) return operand.error().code;
    const auto shown = format_operand(all, *operand, Radix::decimal, cancellation_);
    EXPECT_FALSE(shown) << text << " is " << *shown;
    return shown ? ErrorCode::internal : shown.error().code;
  }

  types::FakeMemory memory_;
  types::TypeSystem types_{8};
  Cancellation cancellation_;
};

// The compiler itself says what C makes of each.
#define C_SAYS(expression) EXPECT_EQ(print(#expression), std::to_string(expression)) << #expression

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wconversion"
TEST_F(Expressions, CountAsTheCompilerDoes) {
  C_SAYS(1 + 2 * 3 - 4 / 2 % 3);
  C_SAYS((1 + 2) * 3);
  C_SAYS(-7 / 2);
  C_SAYS(-7 % 3);
  C_SAYS(-1 < 0u);
  C_SAYS(-1 < 0);
  C_SAYS(-1L < 0u);
  C_SAYS(1 << 4 | 3 & 2 ^ 8);
  C_SAYS(~0u);
  C_SAYS(~0);
  C_SAYS(0xffffffff + 1);
  C_SAYS(4294967295 + 1);
  C_SAYS(0x7fffffff + 1u);
  C_SAYS(0xffffffffffffffff >> 60);
  C_SAYS(-16 >> 2);
  C_SAYS(010 + 0x10);
  C_SAYS('A' + '\n' + '\101');
  C_SAYS(!5 + !0);
  C_SAYS((unsigned char)300);
  C_SAYS((short)0x18000 < 0);
  C_SAYS((unsigned long)-1 / 3);
  C_SAYS((long)-1 / 3);
  C_SAYS(sizeof(unsigned long[4]) + sizeof(char*));
  C_SAYS(1 == 1 && 2 > 3 || 4 != 5);
  C_SAYS(- -5 + +3);
  C_SAYS(1 <= 1 == 2 >= 3);
}
#pragma GCC diagnostic pop

TEST_F(Expressions, HaveNumbersOfLcrashToo) {
  EXPECT_EQ(print("c0ffee"), "12648430");
  EXPECT_EQ(print("10a"), "266");
  EXPECT_EQ(print("#10"), "10");
  EXPECT_EQ(print("beef"), "-1") << "a symbol comes first";
  EXPECT_EQ(print("ffff", Radix::hexadecimal), "0xffff");
  EXPECT_EQ(print("-1", Radix::hexadecimal), "0xffffffff");
  EXPECT_EQ(print("-1LL", Radix::hexadecimal), "0xffffffffffffffff");
  EXPECT_EQ(print("8", Radix::octal), "010");
}

TEST_F(Expressions, ReadVariables) {
  EXPECT_EQ(print("count"), "-1");
  EXPECT_EQ(print("table[1] + table[2]"), "50");
  EXPECT_EQ(print("*table"), "10");
  EXPECT_EQ(print("*(table + 2)"), "30");
  EXPECT_EQ(print("&table[2] - table"), "2");
  EXPECT_EQ(print("&count"), "0x2000");
  EXPECT_EQ(print("*&count"), "-1");
  EXPECT_EQ(print("sizeof table / sizeof *table"), "3");
  EXPECT_EQ(print("plain"), "0x3000") << "of unknown type: its address";
  EXPECT_EQ(print("*(int *)((char *)&plain - 0x1000)"), "-1");
}

TEST_F(Expressions, FollowMembers) {
  EXPECT_EQ(print("first.pid"), "-7");
  EXPECT_EQ(print("first.next->pid"), "42");
  EXPECT_EQ(print("first.next->comm"), "\"second\"");
  EXPECT_EQ(print("first.next->comm[1]"), R"('\145' = 'e')");
  EXPECT_EQ(print("first.low"), "-3");
  EXPECT_EQ(print("first.number"), "0");
  EXPECT_EQ(print("first.any"), "(nil)");
  EXPECT_EQ(print("first.next"), "0x1100");
  EXPECT_EQ(print("first.colour"), "(BLUE=2)");
  EXPECT_EQ(print("first.load"), "2.5");
  EXPECT_EQ(print("((struct task *)0x1100)->pid"), "42");
  EXPECT_EQ(print("((task *)0x1100)->pid"), "42") << "without struct";
  EXPECT_EQ(print("(*(task *)4352).pid"), "42");
  EXPECT_EQ(print("&((struct task *)0)->pid"), "0x10") << "offsetof";
  EXPECT_EQ(print("&first + 1"), "0x1030");
  EXPECT_EQ(print("(u8)first.pid"), "249");
  EXPECT_EQ(print("(enum colour)1"), "(RED=1)");
}

TEST_F(Expressions, PrintStructsAsTheOriginalDid) {
  EXPECT_EQ(print("first"),
            "struct task {\n"
            "        next = 0x1100\n"
            "        comm = \"swap\\x1b[\"\n"
            "        pid = -7\n"
            "        colour = (BLUE=2)\n"
            "        set = set_t {\n"
            "                bits = {\n"
            "                        [0] 255\n"
            "                        [1] 0\n"
            "                }\n"
            "        }\n"
            "        low = -3\n"
            "        letter = '\\101' = 'A'\n"
            "        union {\n"
            "                any = (nil)\n"
            "                number = 0\n"
            "        }\n"
            "        load = 2.5\n"
            "}");
  EXPECT_THAT(print("first", Radix::hexadecimal), HasSubstr("pid = 0xfffffff9\n        colour = (BLUE=0x2)\n"));
}

TEST_F(Expressions, SkipWhatDoesNotCount) {
  EXPECT_EQ(print("0 && *(int *)0x9000"), "0");
  EXPECT_EQ(print("1 || *(int *)0x9000 == 1"), "1");
  EXPECT_EQ(print("0 && 1 / 0"), "0");
  EXPECT_EQ(print("sizeof(*(int *)0x9000)"), "4");
  EXPECT_EQ(error("1 && *(int *)0x9000"), ErrorCode::unmapped);
}

TEST_F(Expressions, ComplainInOneLine) {
  const std::vector<std::pair<std::string, ErrorCode>> cases{{"", ErrorCode::bad_argument},
                                                             {"1 +", ErrorCode::bad_argument},
                                                             {"(1", ErrorCode::bad_argument},
                                                             {"1)", ErrorCode::bad_argument},
                                                             {"count++", ErrorCode::bad_argument},
                                                             {"count = 1", ErrorCode::bad_argument},
                                                             {"first.", ErrorCode::bad_argument},
                                                             {"table[", ErrorCode::bad_argument},
                                                             {"1 / 0", ErrorCode::bad_argument},
                                                             {"0x10000000000000000", ErrorCode::bad_argument},
                                                             {"'ab'", ErrorCode::bad_argument},
                                                             {"\x1b[2J", ErrorCode::bad_argument},
                                                             {"(int", ErrorCode::bad_argument},
                                                             {"nosuch", ErrorCode::no_such_symbol},
                                                             {"(struct nosuch *)0", ErrorCode::no_such_type},
                                                             {"((nosuch *)0)->x", ErrorCode::no_such_type},
                                                             {"first.nosuch", ErrorCode::no_such_member},
                                                             {"first + 1", ErrorCode::type_mismatch},
                                                             {"*count", ErrorCode::type_mismatch},
                                                             {"&5", ErrorCode::type_mismatch},
                                                             {"&first.low", ErrorCode::type_mismatch},
                                                             {"count.pid", ErrorCode::type_mismatch},
                                                             {"*first.any", ErrorCode::type_mismatch},
                                                             {"first.load + 1", ErrorCode::not_supported},
                                                             {"gone", ErrorCode::unmapped},
                                                             {"*(int *)0", ErrorCode::unmapped}};
  for (const auto& [text, code] : cases) {
    EXPECT_EQ(error(text), code) << text << ": " << print(text);
    EXPECT_EQ(print(text).find_first_of("\n\x1b"), std::string::npos) << text;
  }
  EXPECT_EQ(error(std::string(1000, '(')), ErrorCode::bad_argument);
  EXPECT_EQ(error(std::string(1000, '-') + "1"), ErrorCode::bad_argument);
  EXPECT_EQ(error(std::string(100'000, ' ')), ErrorCode::bad_argument);
}

TEST_F(Expressions, SayWhatIsMissingWithinAStruct) {
  types::FakeMemory partly;
  partly.fill(0x1000, 0x10);
  const Scope all{partly, types_, scope().symbol, scope().type_of_symbol};
  const auto operand = evaluate(all, "first");
  const auto shown = format_operand(all, operand.value(), Radix::decimal, cancellation_);
  EXPECT_THAT(shown.value(), HasSubstr("comm = \"\"\n        pid = <error: nothing at 0x1010>\n"));
}

}  // namespace
}  // namespace alicia::lcrash

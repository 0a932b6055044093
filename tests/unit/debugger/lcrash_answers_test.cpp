// SPDX-License-Identifier: GPL-3.0-or-later
//
// What lcrash prints, and what is made of it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "debugger/lcrash_dialect.hpp"
#include "debugger/lcrash_layout.hpp"
#include "debugger/lcrash_queries.hpp"
#include "debugger/lcrash_types.hpp"
#include "types/type_system.hpp"

namespace alicia::debugger {
namespace {

TEST(LcrashAnswers, NumbersAreFound) {
  EXPECT_EQ(size_in("Size of \"struct page\": 64 bytes\n"), 64U);
  EXPECT_EQ(size_in("Size of \"((struct x *)0)->y[2]\": 16 bytes\n"), 16U);
  EXPECT_EQ(size_in("16\n"), 16U);
  EXPECT_EQ(size_in("sizeof: no type struct nosuch\n"), std::nullopt);
  EXPECT_EQ(size_in(""), std::nullopt);
  EXPECT_EQ(px_in("0x18\n"), 24U);
  EXPECT_EQ(px_in("(nil)\n"), 0U);
  EXPECT_EQ(px_in("px: & of a bit-field\n"), std::nullopt);
}

TEST(LcrashAnswers, AnErrorLineIsItsCommandsOrLcrashs) {
  EXPECT_TRUE(is_lcrash_error("px", "px: no such symbol\n"));
  EXPECT_TRUE(is_lcrash_error("bogus", "lcrash: unknown command: bogus\n"));
  EXPECT_FALSE(is_lcrash_error("px", "dump: no such symbol\n"));
  EXPECT_FALSE(is_lcrash_error("px", "px: one\npx: two\n"));
  EXPECT_FALSE(is_lcrash_error("px", ""));
}

TEST(LcrashAnswers, DeclaratorsHaveNames) {
  for (const auto& [declarator, name] :
       {std::pair{"unsigned long flags", "flags"}, std::pair{"struct list_head *next", "next"},
        std::pair{"char comm[16]", "comm"}, std::pair{"void (*func)(struct page *, char [16])", "func"},
        std::pair{"slots[2][4]", "slots"}, std::pair{"", ""}}) {
    EXPECT_EQ(declared_name(declarator), name) << declarator;
  }
}

// An lcrash that knows one struct, whose members lie where no C compiler puts them: only asking can tell.
class KnowingOneStruct {
 public:
  Result<std::string> operator()(std::string_view line) const {
    if (line == "whatis struct odd")
      return R"(struct odd {
    int first;
    unsigned int one : 1;
    unsigned int five : 5;
    union {
        unsigned long word;
        struct {
            unsigned int low : 16;
            unsigned int high : 15;
        };
    };
    struct {
        char c;
        unsigned char nibble : 4;
    } named[2];
    void (*call)(int);
}
)";
    if (line == "symbol _stext")
      return "ADDR OFFSET SECTION NAME TYPE\n0xffff0000      0 GLOBAL_TEXT  _stext  (unknown)\n";
    if (line.starts_with("sizeof ")) return size(line.substr(7));
    if (line.starts_with("px &(*(struct odd *)0)")) return offset(line.substr(22));
    if (line.starts_with("px (*(struct odd *)0x")) return field(line.substr(21));
    if (line.starts_with("dump ")) return dump(std::string(line));
    return std::string("lcrash: unknown\n");
  }

 private:
  static std::uint8_t byte_at(std::uint64_t address) {
    return static_cast<std::uint8_t>((address * 0x9e3779b97f4a7c15) >> 33);
  }
  static Result<std::string> size(std::string_view what) {
    const std::map<std::string, int, std::less<>> sizes{
        {"struct odd", 48}, {"void *", 8}, {"(*(struct odd *)0).first", 4}, {"(*(struct odd *)0).named[0]", 3}};
    const auto found = sizes.find(what);
    if (found == sizes.end()) return std::string("sizeof: no\n");
    return fmt::format("Size of \"{}\": {} bytes\n", what, found->second);
  }
  static Result<std::string> offset(std::string_view what) {
    const std::map<std::string, std::string, std::less<>> offsets{
        {".first", "(nil)"}, {".word", "0x10"}, {".named", "0x1b"}, {".named[0].c", "0x1b"}, {".call", "0x28"}};
    const auto found = offsets.find(what);
    return (found == offsets.end() ? "px: no" : found->second) + "\n";
  }
  static Result<std::string> field(std::string_view what) {
    struct Bits {
      std::uint64_t at;
      unsigned count;
    };
    const std::map<std::string, Bits, std::less<>> fields{{".one", {41, 1}},
                                                          {".five", {50, 5}},
                                                          {".low", {130, 16}},
                                                          {".high", {147, 15}},
                                                          {".named[0].nibble", {227, 4}}};
    const auto close = what.find(')');
    const auto base = std::stoull(std::string(what.substr(0, close)), nullptr, 16);
    const Bits bits = fields.at(std::string(what.substr(close + 1)));
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bits.count; ++i) {
      const auto bit = bits.at + i;
      value |= (std::uint64_t{byte_at(base + bit / 8)} >> (bit % 8) & 1U) << i;
    }
    return fmt::format("0x{:x}\n", value);
  }
  // `dump -x -B 0xADDRESS #COUNT`, or -W.
  static Result<std::string> dump(const std::string& line) {
    const bool words = line.find("-W") != std::string::npos;
    const auto address = std::stoull(line.substr(line.find("0x")), nullptr, 16);
    const auto count = std::stoull(line.substr(line.find('#') + 1));
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint32_t value = 0;
      for (unsigned j = 0; j < (words ? 4U : 1U); ++j)
        value |= std::uint32_t{byte_at(address + i * (words ? 4 : 1) + j)} << (8 * j);
      text += fmt::format("0x{:x}: {:0{}x} : ab cd\n", address + i * (words ? 4 : 1), value, words ? 8 : 2);
    }
    return text;
  }
};

TEST(LcrashTypes, AsksWhereMembersLieBitFieldsToo) {
  const KnowingOneStruct ask;
  LcrashQueries queries(ask);
  types::TypeSystem types(8);
  types.add_source(std::make_unique<LcrashTypes>(ask, queries, 8));
  const auto odd = types.find("struct odd");
  ASSERT_TRUE(odd) << odd.error().message;
  EXPECT_EQ(types.size_of(*odd), 48U);
  for (const auto& [name, place, bits] : {std::tuple{"first", 0, 0},
                                          {"one", 41, 1},
                                          {"five", 50, 5},
                                          {"word", 128, 0},
                                          {"low", 130, 16},
                                          {"high", 147, 15},
                                          {"named", 216, 0},
                                          {"call", 320, 0}}) {
    const auto member = types.member(*odd, name);
    ASSERT_TRUE(member) << name;
    EXPECT_EQ(member->bit_offset, static_cast<std::uint64_t>(place)) << name;
    EXPECT_EQ(member->bitfield_bits, static_cast<std::uint32_t>(bits)) << name;
  }
  const auto named = types.member(*odd, "named");
  const auto element = types.follow(named->type, types.describe(named->type).target);
  EXPECT_EQ(types.member(element, "nibble")->bit_offset, 11U);
  EXPECT_EQ(types.size_of(element), 3U);
  EXPECT_FALSE(types.find("struct nosuch"));
}

}  // namespace
}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/base_types.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace alicia::types {
namespace {

// A word's place among the two-bit counters.
enum Word : unsigned { void_, char_, short_, int_, long_, signed_, unsigned_, float_, double_, bool_, int128_ };

constexpr std::array<std::pair<std::string_view, Word>, 14> words{{{"void", void_},
                                                                   {"char", char_},
                                                                   {"short", short_},
                                                                   {"int", int_},
                                                                   {"long", long_},
                                                                   {"signed", signed_},
                                                                   {"__signed", signed_},
                                                                   {"__signed__", signed_},
                                                                   {"unsigned", unsigned_},
                                                                   {"float", float_},
                                                                   {"double", double_},
                                                                   {"_Bool", bool_},
                                                                   {"__int128", int128_},
                                                                   {"__int128_t", int128_}}};

template <class... Words>
constexpr unsigned set(Words... which) {
  return ((1U << (2U * which)) + ... + 0U);
}

/// Every combination the language allows, `int` and `signed` taken off where they add nothing.
constexpr std::array<std::pair<unsigned, std::string_view>, 17> combinations{{
    {set(void_), "void"},
    {set(char_), "char"},
    {set(signed_, char_), "signed char"},
    {set(unsigned_, char_), "unsigned char"},
    {set(short_), "short int"},
    {set(unsigned_, short_), "short unsigned int"},
    {set(int_), "int"},
    {set(unsigned_), "unsigned int"},
    {set(long_), "long int"},
    {set(unsigned_, long_), "long unsigned int"},
    {set(long_, long_), "long long int"},
    {set(unsigned_, long_, long_), "long long unsigned int"},
    {set(float_), "float"},
    {set(double_), "double"},
    {set(bool_), "_Bool"},
    {set(int128_), "__int128"},
    {set(unsigned_, int128_), "__int128 unsigned"},
}};

unsigned count(unsigned counters, Word word) {
  return (counters >> (2U * word)) & 3U;
}

}  // namespace

bool BaseWords::take(std::string_view word) {
  const auto* known = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == word; });
  if (known == words.end()) return false;
  if (count(words_, known->second) < 3) words_ += set(known->second);
  return true;
}

std::optional<std::string_view> BaseWords::canonical() const {
  unsigned counters = words_;
  const bool sized = count(counters, short_) + count(counters, long_) != 0;
  const bool signs = count(counters, signed_) + count(counters, unsigned_) != 0;
  if (count(counters, int_) == 1 && (sized || signs)) counters -= set(int_);
  if (count(counters, signed_) == 1 && count(counters, char_) == 0) {
    counters -= set(signed_);
    if (counters == 0) counters = set(int_);
  }
  const auto* known = std::find_if(combinations.begin(), combinations.end(),
                                   [&](const auto& entry) { return entry.first == counters; });
  if (known == combinations.end()) return std::nullopt;
  return known->second;
}

std::string_view short_spelling(std::string_view canonical) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> names{
      {{"short int", "short"},
       {"short unsigned int", "unsigned short"},
       {"long int", "long"},
       {"long unsigned int", "unsigned long"},
       {"long long int", "long long"},
       {"long long unsigned int", "unsigned long long"},
       {"__int128 unsigned", "unsigned __int128"},
       {"unsigned", "unsigned int"}}};
  const auto* known =
      std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == canonical; });
  return known == names.end() ? canonical : known->second;
}

std::optional<Type> base_type(std::string_view canonical, unsigned pointer_bytes) {
  struct Row {
    std::string_view name;
    unsigned size;  // 0: a pointer's
    Encoding encoding;
    Kind kind = Kind::integer;
  };
  static constexpr std::array<Row, 16> rows{{{"char", 1, Encoding::character},
                                             {"signed char", 1, Encoding::character},
                                             {"unsigned char", 1, Encoding::unsigned_character},
                                             {"short int", 2, Encoding::signed_},
                                             {"short unsigned int", 2, Encoding::unsigned_},
                                             {"int", 4, Encoding::signed_},
                                             {"unsigned int", 4, Encoding::unsigned_},
                                             {"long int", 0, Encoding::signed_},
                                             {"long unsigned int", 0, Encoding::unsigned_},
                                             {"long long int", 8, Encoding::signed_},
                                             {"long long unsigned int", 8, Encoding::unsigned_},
                                             {"_Bool", 1, Encoding::boolean},
                                             {"__int128", 16, Encoding::signed_},
                                             {"__int128 unsigned", 16, Encoding::unsigned_},
                                             {"float", 4, Encoding::signed_, Kind::floating},
                                             {"double", 8, Encoding::signed_, Kind::floating}}};
  const auto* row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.name == canonical; });
  if (row == rows.end()) return std::nullopt;
  Type type;
  type.kind = row->kind;
  type.name = row->name;
  type.size = row->size != 0 ? row->size : pointer_bytes;
  type.encoding = row->encoding;
  return type;
}

std::optional<std::string_view> usual_typedef(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 20> names{
      {{"u8", "unsigned char"},
       {"u16", "short unsigned int"},
       {"u32", "unsigned int"},
       {"u64", "long long unsigned int"},
       {"s8", "signed char"},
       {"s16", "short int"},
       {"s32", "int"},
       {"s64", "long long int"},
       {"uint8_t", "unsigned char"},
       {"uint16_t", "short unsigned int"},
       {"uint32_t", "unsigned int"},
       {"uint64_t", "long long unsigned int"},
       {"int8_t", "signed char"},
       {"int16_t", "short int"},
       {"int32_t", "int"},
       {"int64_t", "long long int"},
       {"bool", "_Bool"},
       {"size_t", "long unsigned int"},
       {"ssize_t", "long int"},
       {"uintptr_t", "long unsigned int"}}};
  if (name.starts_with("__")) name.remove_prefix(2);
  const auto* known = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == name; });
  if (known == names.end()) return std::nullopt;
  return known->second;
}

}  // namespace alicia::types

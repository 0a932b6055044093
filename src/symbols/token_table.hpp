// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/memory_reader.hpp"

namespace alicia::symbols {

/// The 256 strings that the bytes of a compressed kallsyms name stand for.
class TokenTable {
 public:
  /// Error: that of reading, or corrupt.
  static Result<TokenTable> read(const MemoryReader& memory, VirtualAddress table, VirtualAddress index);

  std::string_view operator[](std::byte token) const {
    const Token& it = tokens_[static_cast<std::uint8_t>(token)];
    return {text_.data() + it.offset, it.length};
  }

  /// The hash of a name: the value of the polynomial whose coefficients are its characters, modulo 2^64. The hash of a
  /// name follows from those of its tokens, one multiplication each, with no character looked at.
  static constexpr std::uint64_t hash(std::string_view name) {
    std::uint64_t value = 0;
    for (const char character : name)
      value = value * base + static_cast<unsigned char>(character);
    return value;
  }
  /// `so_far` with a token appended.
  std::uint64_t extend_hash(std::uint64_t so_far, std::byte token) const {
    const Token& it = tokens_[static_cast<std::uint8_t>(token)];
    return so_far * it.power + it.hash;
  }
  /// Of a name's first token without its first character, which is the symbol's type.
  std::uint64_t first_hash(std::byte token) const { return tokens_[static_cast<std::uint8_t>(token)].tail_hash; }

 private:
  static constexpr std::uint64_t base = 0x100000001b3U;
  struct Token {
    std::uint64_t hash = 0;
    std::uint64_t power = 1;  // base to the power of the length
    std::uint64_t tail_hash = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };

  std::vector<char> text_;
  std::array<Token, 256> tokens_;
};

}  // namespace alicia::symbols

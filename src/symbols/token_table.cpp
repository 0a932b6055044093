// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/token_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.hpp"

namespace alicia::symbols {

Result<TokenTable> TokenTable::read(const MemoryReader& memory, VirtualAddress table, VirtualAddress index) {
  // Every kernel puts the index right behind the strings, which bounds them; an index entry has 16 bits.
  constexpr std::uint64_t most_bytes = 65536 + 4096;
  if (index <= table || index - table > most_bytes)
    return failure(
        ErrorCode::corrupt,
        fmt::format("kallsyms token table at {:#x} does not end before its index at {:#x}", table.value, index.value),
        table.value);
  TokenTable result;
  result.text_.resize(index - table);
  if (auto read = memory.read(table, std::as_writable_bytes(std::span(result.text_))); !read)
    return failure(std::move(read));
  std::array<std::uint16_t, 256> offsets{};
  if (auto read = memory.read(index, std::as_writable_bytes(std::span(offsets))); !read)
    return failure(std::move(read));

  for (std::size_t number = 0; number < offsets.size(); ++number) {
    const std::string_view text(result.text_.data(), result.text_.size());
    const std::size_t offset = offsets[number];
    const std::size_t end = offset < text.size() ? text.find('\0', offset) : std::string_view::npos;
    if (end == std::string_view::npos)
      return failure(
          ErrorCode::corrupt,
          fmt::format("kallsyms token {} at {:#x} runs beyond the table's end", number, table.value + offset),
          table.value + offset);
    const std::string_view token = text.substr(offset, end - offset);
    Token& entry = result.tokens_[number];
    entry.offset = static_cast<std::uint32_t>(offset);
    entry.length = static_cast<std::uint32_t>(token.size());
    entry.hash = hash(token);
    entry.tail_hash = token.empty() ? 0 : hash(token.substr(1));
    for (std::size_t count = 0; count < token.size(); ++count)
      entry.power *= base;
  }
  return result;
}

}  // namespace alicia::symbols

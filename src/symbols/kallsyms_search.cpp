// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables of kallsyms lie in the kernel's read-only data one behind the other, each aligned to a word, in an order
// that has changed once:
//
//   up to 6.3   offsets, relative_base, num_syms, names, markers, [seqs_of_names], token_table, token_index
//   since       num_syms, names, markers, token_table, token_index, offsets, relative_base, seqs_of_names
//   up to 4.5   addresses, num_syms, names, markers, token_table, token_index
//
// Two of them prove each other. The token index is 256 ascending 16-bit numbers from 0 on, and the token table in front
// of it holds as many strings, each of which begins where the index says. Nothing else in a kernel looks like that.
// From there the way is short: the names begin in front of the table, behind a word with the number of symbols; that
// word is the one whose markers (kallsyms_markers.cpp) lie where such a number of names puts them, and whose first and
// last block of names end where the markers say. The offsets are then at one of two places, the addresses at a third;
// which it is, the caller finds out by symbols it knows.
//
// Read-only data lies behind the text and before the data, so the search begins at `middle`, an address in the data,
// and goes down: in 6.1 it passes the BTF and finds the tables after 6 MB. What a damaged or forged dump can make it do
// is bounded by the numbers below.
//
// Specified in the kernel's scripts/kallsyms.c.
#include "symbols/kallsyms_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/bulk_read.hpp"
#include "base/bytes.hpp"
#include "symbols/kallsyms_markers.hpp"

namespace alicia::symbols {
namespace {

constexpr std::uint64_t most_area_bytes = std::uint64_t{512} << 20;
constexpr std::uint64_t window_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t most_names_bytes = std::uint64_t{16} << 20;  // some 4 MB in the biggest kernels
constexpr unsigned most_token_tables = 16;
constexpr unsigned most_counts = 200;  // tried for one token table
constexpr std::size_t token_count = 256;
constexpr std::size_t index_bytes = token_count * 2;
constexpr std::size_t most_token_bytes = 512;           // no symbol's name is longer
constexpr std::uint32_t least_token_table_bytes = 300;  // most tokens are not empty
constexpr std::uint32_t least_symbols = 1000;

struct Tokens {
  VirtualAddress table;
  VirtualAddress index;
};

/// Whether these 512 bytes are numbers as a token index has them.
bool is_token_index(std::span<const std::byte> bytes) {
  std::uint32_t before = load<std::uint16_t>(bytes);
  if (before != 0) return false;
  for (std::size_t at = 2; at < index_bytes; at += 2) {
    const std::uint32_t number = load<std::uint16_t>(bytes, at);
    if (number <= before || number - before > most_token_bytes) return false;
    before = number;
  }
  return before >= least_token_table_bytes;
}

class Search {
 public:
  Search(const MemoryReader& memory, const KallsymsSearchArea& area,
         const std::function<bool(const KallsymsLocation&)>& accept, const Cancellation& cancellation)
      : memory_(memory),
        word_(area.word_bytes),
        begin_(area.begin),
        inside_(area.middle),
        accept_(accept),
        cancellation_(cancellation) {}

  /// Looks for token indices that begin in [begin, end), the highest first.
  bool look_in(VirtualAddress begin, VirtualAddress end);
  bool is_over() const { return token_tables_ >= most_token_tables || cancellation_.requested(); }

 private:
  bool look_behind(const Tokens& tokens);
  std::optional<VirtualAddress> table_before(VirtualAddress index, std::span<const std::byte> numbers) const;
  bool look_for_count(const Tokens& tokens, std::span<const std::byte> bytes, VirtualAddress from, std::size_t begin,
                      std::size_t end);
  bool names_fit(const Tokens& tokens, VirtualAddress names, std::uint32_t count) const;
  std::optional<std::uint64_t> walk_names(VirtualAddress names, std::uint64_t position, std::uint32_t count) const;
  bool is_base(VirtualAddress address) const;
  bool try_offsets(const Tokens& tokens, VirtualAddress num_syms, VirtualAddress names, std::uint32_t count) const;

  const MemoryReader& memory_;
  std::uint64_t word_;
  VirtualAddress begin_;   // of the image
  VirtualAddress inside_;  // the image
  const std::function<bool(const KallsymsLocation&)>& accept_;
  const Cancellation& cancellation_;
  unsigned token_tables_ = 0;
  unsigned counts_ = 0;
};

bool Search::look_in(VirtualAddress begin, VirtualAddress end) {
  std::vector<std::byte> bytes(std::min(window_bytes, end > begin ? end - begin : 0) + index_bytes + word_);
  for (VirtualAddress high = end; high > begin && !is_over();) {
    const std::uint64_t length = std::min(window_bytes, high - begin);
    const VirtualAddress low = high - length;
    std::ranges::fill(bytes, std::byte{0});
    read_region(memory_, low, std::span(bytes).first(length + index_bytes));
    for (std::uint64_t at = align_up(length, word_); at >= word_ && !is_over();) {
      at -= word_;
      // The first number is 0 and the second is not: that alone passes over nearly everything.
      const auto head = load<std::uint32_t>(bytes, at);
      if ((head & 0xffffU) != 0 || head == 0) continue;
      const auto numbers = std::span(bytes).subspan(at, index_bytes);
      if (!is_token_index(numbers)) continue;
      const VirtualAddress index = low + at;
      const auto table = table_before(index, numbers);
      if (!table) continue;
      ++token_tables_;
      if (look_behind({*table, index})) return true;
    }
    high = low;
  }
  return false;
}

/// The table whose strings begin where the numbers say, if it ends right before `index`.
std::optional<VirtualAddress> Search::table_before(VirtualAddress index, std::span<const std::byte> numbers) const {
  const std::uint64_t last = load<std::uint16_t>(numbers, index_bytes - 2);
  std::vector<std::byte> bytes(last + most_token_bytes + word_);
  if (index.value < bytes.size()) return std::nullopt;
  const VirtualAddress begin = index - bytes.size();
  read_region(memory_, begin, bytes);
  for (std::uint64_t start = align_up(begin.value, word_) - begin.value; start + last + 2 <= bytes.size();
       start += word_) {
    // Every string ends right before the next begins.
    bool fits_all = true;
    for (std::size_t token = 1; fits_all && token < token_count; ++token)
      fits_all = bytes[start + load<std::uint16_t>(numbers, token * 2) - 1] == std::byte{0};
    if (!fits_all) continue;
    const auto strings = std::span(bytes).subspan(start, last);
    if (std::ranges::count(strings, std::byte{0}) == token_count - 1) return begin + start;
  }
  return std::nullopt;
}

/// Looks in front of the tokens for the number of symbols and their names, from near to far.
bool Search::look_behind(const Tokens& tokens) {
  std::vector<std::byte> bytes;
  counts_ = 0;
  VirtualAddress high = tokens.table;
  while (tokens.table - high < most_names_bytes && high > begin_ && !is_over()) {
    const VirtualAddress low{(high.value - std::min(high - begin_, window_bytes)) & ~(word_ - 1)};
    bytes.assign(high - low + 8, std::byte{0});
    if (const auto holes = read_region(memory_, low, bytes);
        holes.size() == 1 && holes.front().end - holes.front().begin >= high - low)
      return false;  // nothing is mapped there
    if (look_for_count(tokens, bytes, low, 0, static_cast<std::size_t>(high - low))) return true;
    if (counts_ >= most_counts) return false;
    high = low;
  }
  return false;
}

/// Tries the words that begin in [begin, end) of `bytes`, which lie at `from`, the last first.
bool Search::look_for_count(const Tokens& tokens, std::span<const std::byte> bytes, VirtualAddress from,
                            std::size_t begin, std::size_t end) {
  for (std::size_t at = end; at >= begin + word_;) {
    at -= word_;
    const auto count = load<std::uint32_t>(bytes, at);
    if (count < least_symbols || count > most_kernel_symbols) continue;
    if (word_ == 8 && load<std::uint32_t>(bytes, at + 4) != 0) continue;
    const VirtualAddress num_syms = from + at;
    const VirtualAddress names = num_syms + word_;
    // No name has less than two bytes, and on average they have some ten.
    const std::uint64_t room = names < tokens.table ? tokens.table - names : 0;
    if (room < std::uint64_t{2} * count || room > std::uint64_t{64} * count) continue;
    if (++counts_ > most_counts || cancellation_.requested()) return false;
    if (names_fit(tokens, names, count) && try_offsets(tokens, num_syms, names, count)) return true;
  }
  return false;
}

/// Whether markers for so many names lie before the tokens, and the names of the first and the last block end where
/// they say.
bool Search::names_fit(const Tokens& tokens, VirtualAddress names, std::uint32_t count) const {
  const auto markers = find_kallsyms_markers(memory_, names, tokens.table, count);
  if (!markers) return false;
  const std::uint32_t blocks = static_cast<std::uint32_t>(markers->positions.size());
  if (blocks > 1 && walk_names(names, 0, kallsyms_block) != markers->positions[1]) return false;
  const auto end = walk_names(names, markers->positions.back(), count - (blocks - 1) * kallsyms_block);
  return end && align_up(names.value + *end, word_) == markers->address.value;
}

/// The position behind `count` names from `position` on.
std::optional<std::uint64_t> Search::walk_names(VirtualAddress names, std::uint64_t position,
                                                std::uint32_t count) const {
  std::array<std::byte, 2> length{};
  for (; count > 0; --count) {
    if (!memory_.read(names + position, length)) return std::nullopt;
    const auto low = std::to_integer<std::uint64_t>(length[0]);
    const bool is_long = (low & 0x80) != 0;
    const std::uint64_t bytes = is_long ? (low & 0x7f) | std::to_integer<std::uint64_t>(length[1]) << 7 : low;
    if (bytes == 0) return std::nullopt;
    position += bytes + (is_long ? 2 : 1);
  }
  return position;
}

/// Whether the word there can be relative_base, the lowest address of the image.
bool Search::is_base(VirtualAddress address) const {
  std::uint64_t base = 0;
  return memory_.read(address, std::as_writable_bytes(std::span(&base, 1)).first(word_)) && base != 0 &&
         base <= inside_.value && inside_.value - base < std::uint64_t{1} << 31;
}

bool Search::try_offsets(const Tokens& tokens, VirtualAddress num_syms, VirtualAddress names,
                         std::uint32_t count) const {
  KallsymsLocation location;
  location.names = names;
  location.num_syms = num_syms;
  location.token_table = tokens.table;
  location.token_index = tokens.index;
  location.word_bytes = static_cast<unsigned>(word_);
  const std::uint64_t offset_bytes = align_up(std::uint64_t{4} * count, word_);

  location.relative_base = num_syms - word_;
  location.offsets = location.relative_base - offset_bytes;
  if (is_base(location.relative_base) && accept_(location)) return true;

  location.offsets = tokens.index + index_bytes;
  location.relative_base = location.offsets + offset_bytes;
  if (is_base(location.relative_base) && accept_(location)) return true;

  location.addresses = num_syms - word_ * count;
  return accept_(location);
}

}  // namespace

Result<void> find_kallsyms(const MemoryReader& memory, const KallsymsSearchArea& area,
                           const std::function<bool(const KallsymsLocation&)>& accept,
                           const Cancellation& cancellation) {
  const VirtualAddress begin{area.begin.value & ~std::uint64_t{7}};
  const std::uint64_t limit = begin.value + std::min(most_area_bytes, ~begin.value & ~std::uint64_t{4095});
  const VirtualAddress middle{std::clamp(area.middle.value & ~std::uint64_t{7}, begin.value, limit)};
  const VirtualAddress end{std::clamp(area.end.value & ~std::uint64_t{7}, middle.value, limit)};
  Search search(memory, area, accept, cancellation);
  if (search.look_in(begin, middle) || search.look_in(middle, end)) return {};
  if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
  return failure(ErrorCode::no_such_symbol,
                 fmt::format("the tables of kallsyms were not found between {:#x} and {:#x}", begin.value, end.value));
}

}  // namespace alicia::symbols

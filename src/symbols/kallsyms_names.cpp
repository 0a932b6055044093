// SPDX-License-Identifier: GPL-3.0-or-later
//
// kallsyms_names is one stream of entries: a length, then that many bytes, each a token of the token table. A length of
// 0x80 and more has a second byte, which holds the bits from the seventh on (kernels ≥ 6.1; before, no name was that
// long). The first character of the expanded text is the symbol's type.
//
// Nothing says where the n-th entry begins but the entries before it, and kallsyms_markers, the positions of every
// 256th (kallsyms_markers.cpp). With markers the names end where the markers begin, and a page that the dump lacks
// costs only the names in it; without them all behind it are lost.
//
// A name is found by hash. The names aren't expanded for that: see TokenTable::hash. 87,347 symbols take about 3 ms,
// once.
//
// Specified in the kernel's scripts/kallsyms.c and kernel/kallsyms.c.
#include "symbols/kallsyms_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/bytes.hpp"
#include "symbols/kallsyms_markers.hpp"

namespace alicia::symbols {
namespace {

constexpr std::uint32_t block = kallsyms_block;
constexpr std::uint64_t most_name_bytes = std::uint64_t{64} << 20;

}  // namespace

Result<KallsymsNames> KallsymsNames::read(const MemoryReader& memory, VirtualAddress names, VirtualAddress token_table,
                                          VirtualAddress token_index, std::uint32_t count) {
  if (token_table <= names || token_table - names > most_name_bytes || token_table - names < std::uint64_t{2} * count)
    return failure(ErrorCode::corrupt,
                   fmt::format("kallsyms names at {:#x} cannot hold {} symbols before the token table at {:#x}",
                               names.value, count, token_table.value),
                   names.value);
  auto tokens = TokenTable::read(memory, token_table, token_index);
  if (!tokens) return failure(std::move(tokens));
  KallsymsNames result(std::move(*tokens));
  result.positions_.assign(count, lost);
  auto markers = find_kallsyms_markers(memory, names, token_table, count);
  const std::uint64_t size = (markers ? markers->address : token_table) - names;
  if (auto read = result.read_bytes(memory, names, size); !read) return failure(std::move(read));
  result.find_positions(markers ? markers->positions : std::vector<std::uint32_t>{});
  if (result.lost_count_ == count)
    return failure(ErrorCode::corrupt, fmt::format("kallsyms names at {:#x} are damaged", names.value), names.value);
  return result;
}

Result<void> KallsymsNames::read_bytes(const MemoryReader& memory, VirtualAddress names, std::uint64_t size) {
  address_ = names;
  bytes_.resize(size);
  holes_ = read_region(memory, names, bytes_);
  if (holes_.size() == 1 && holes_.front().begin == names && holes_.front().end == names + size)
    return tl::unexpected(std::move(holes_.front().error));
  return {};
}

std::optional<KallsymsNames::Entry> KallsymsNames::entry_at(std::uint32_t position) const {
  if (!fits(position, 2, bytes_.size())) return std::nullopt;
  std::uint32_t begin = position + 1;
  std::uint32_t length = std::to_integer<std::uint32_t>(bytes_[position]);
  if ((length & 0x80) != 0) length = (length & 0x7f) | std::to_integer<std::uint32_t>(bytes_[begin++]) << 7;
  if (length == 0 || !fits(begin, length, bytes_.size())) return std::nullopt;
  // Holes are in order and apart: the last that begins before the entry's end is the only one that may reach into it.
  const auto behind = std::ranges::lower_bound(holes_, address_ + begin + length, {}, &Hole::begin);
  if (behind != holes_.begin() && address_ + position < std::prev(behind)->end) return std::nullopt;
  return Entry{begin, begin + length};
}

/// Notes the positions of the names from `first` to the end of its block; returns that of the name behind them.
std::optional<std::uint32_t> KallsymsNames::walk_block(std::uint32_t first, std::uint32_t position) {
  const std::uint32_t end = std::min(first + block, count());
  for (std::uint32_t index = first; index < end; ++index) {
    const auto entry = entry_at(position);
    if (!entry) {
      lost_count_ += end - index;
      return std::nullopt;
    }
    positions_[index] = position;
    position = entry->end;
  }
  return position;
}

void KallsymsNames::find_positions(const std::vector<std::uint32_t>& markers) {
  std::optional<std::uint32_t> position = 0;
  for (std::uint32_t first = 0; first < count(); first += block) {
    if (!markers.empty()) position = markers[first / block];
    if (!position) {
      lost_count_ += count() - first;
      return;
    }
    position = walk_block(first, *position);
  }
}

std::string KallsymsNames::typed_name(std::uint32_t index) const {
  std::string text;
  if (!known(index)) return text;
  const auto entry = entry_at(positions_[index]);
  if (!entry) return text;
  for (std::uint32_t at = entry->begin; at < entry->end; ++at)
    text += tokens_[bytes_[at]];
  return text;
}

std::uint64_t KallsymsNames::hash_of(std::uint32_t index) const {
  // The entry was checked when its position was noted.
  std::uint32_t at = positions_[index];
  std::uint32_t length = std::to_integer<std::uint32_t>(bytes_[at++]);
  if ((length & 0x80) != 0) length = (length & 0x7f) | std::to_integer<std::uint32_t>(bytes_[at++]) << 7;
  std::uint64_t hash = tokens_.first_hash(bytes_[at]);
  for (const std::uint32_t end = at++ + length; at < end; ++at)
    hash = tokens_.extend_hash(hash, bytes_[at]);
  return hash;
}

namespace {

// A slot of the hash table is 0, or 40 bits of a name's hash and its index + 1. Two names that agree in these and fall
// into neighbouring slots would be taken for one; that the name really is the one asked for is checked in find().
constexpr unsigned index_bits = 24;
constexpr std::uint64_t index_mask = (std::uint64_t{1} << index_bits) - 1;

constexpr std::uint64_t mix(std::uint64_t hash) {
  hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15U;
  return hash ^ hash >> 29;
}

}  // namespace

void KallsymsNames::build_index() const {
  std::vector<std::uint64_t>& slots = index_->slots;
  slots.assign(std::bit_ceil(std::size_t{count()} * 2 + 2), 0);
  const unsigned shift = 64 - static_cast<unsigned>(std::countr_zero(slots.size()));
  for (std::uint32_t index = 0; index < count(); ++index) {
    if (!known(index)) continue;
    const std::uint64_t hash = mix(hash_of(index));
    const std::uint64_t tag = hash << index_bits;
    std::size_t slot = hash >> shift;
    // Of symbols with one name (hundreds of `__func__.0`) only the first goes in.
    while (slots[slot] != 0 && (slots[slot] & ~index_mask) != tag)
      slot = (slot + 1) & (slots.size() - 1);
    if (slots[slot] == 0) slots[slot] = tag | (index + 1);
  }
}

std::optional<std::uint32_t> KallsymsNames::find(std::string_view name) const {
  std::call_once(index_->built, [this] { build_index(); });
  const std::vector<std::uint64_t>& slots = index_->slots;
  const unsigned shift = 64 - static_cast<unsigned>(std::countr_zero(slots.size()));
  const std::uint64_t hash = mix(TokenTable::hash(name));
  const std::uint64_t tag = hash << index_bits;
  for (std::size_t slot = hash >> shift; slots[slot] != 0; slot = (slot + 1) & (slots.size() - 1)) {
    if ((slots[slot] & ~index_mask) != tag) continue;
    const auto index = static_cast<std::uint32_t>((slots[slot] & index_mask) - 1);
    const std::string typed = typed_name(index);
    if (!typed.empty() && std::string_view(typed).substr(1) == name) return index;
  }
  return std::nullopt;
}

}  // namespace alicia::symbols

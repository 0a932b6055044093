// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bulk_read.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/token_table.hpp"

namespace alicia::symbols {

/// The names of kallsyms by index: decoded one at a time, looked up through a hash table made at the first lookup.
/// Thread-safe once read.
class KallsymsNames {
 public:
  /// @param names, token_table, token_index where these tables lie; @param count of symbols, already bounded
  /// Error: corrupt, or that of reading where nothing could be read; holes only lose the names in them.
  static Result<KallsymsNames> read(const MemoryReader& memory, VirtualAddress names, VirtualAddress token_table,
                                    VirtualAddress token_index, std::uint32_t count);

  std::uint32_t count() const { return static_cast<std::uint32_t>(positions_.size()); }
  /// False where the name lies in a hole.
  bool known(std::uint32_t index) const { return positions_[index] != lost; }
  /// The name behind its type letter: `Tschedule`. Empty where it is lost.
  std::string typed_name(std::uint32_t index) const;
  /// The lowest index of a symbol so named.
  std::optional<std::uint32_t> find(std::string_view name) const;

  const std::vector<Hole>& holes() const { return holes_; }
  std::uint32_t lost_count() const { return lost_count_; }

 private:
  static constexpr std::uint32_t lost = 0xffffffffU;
  struct Index {
    std::once_flag built;
    std::vector<std::uint64_t> slots;
  };
  /// Where a name's tokens lie within bytes_.
  struct Entry {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  explicit KallsymsNames(TokenTable tokens) : tokens_(std::move(tokens)), index_(std::make_unique<Index>()) {}
  Result<void> read_bytes(const MemoryReader& memory, VirtualAddress names, std::uint64_t size);
  std::optional<Entry> entry_at(std::uint32_t position) const;
  void find_positions(const std::vector<std::uint32_t>& markers);
  std::optional<std::uint32_t> walk_block(std::uint32_t first, std::uint32_t position);
  std::uint64_t hash_of(std::uint32_t index) const;
  void build_index() const;

  TokenTable tokens_;
  VirtualAddress address_;
  std::vector<std::byte> bytes_;
  std::vector<Hole> holes_;
  std::vector<std::uint32_t> positions_;  // of each name's length byte
  std::uint32_t lost_count_ = 0;
  std::unique_ptr<Index> index_;
};

}  // namespace alicia::symbols

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/kallsyms_names.hpp"
#include "symbols/symbol_source.hpp"

namespace alicia::symbols {

/// Where the tables of kallsyms lie: VMCOREINFO's SYMBOL(kallsyms_…), or what was found in memory.
struct KallsymsLocation {
  VirtualAddress names;
  VirtualAddress num_syms;
  VirtualAddress token_table;
  VirtualAddress token_index;
  VirtualAddress offsets;
  VirtualAddress relative_base;
  /// Kernels before 4.6 have whole addresses instead of the last two.
  std::optional<VirtualAddress> addresses = std::nullopt;
  unsigned word_bytes = 8;  ///< 4 on 32-bit kernels
};

/// A symbol whose address is known from elsewhere.
struct KnownSymbol {
  std::string_view name;
  VirtualAddress address;
};

/// The kernel's own symbol table, read from the dump's memory.
class Kallsyms final : public SymbolSource {
 public:
  /// @param known decides between the two meanings an offset can have, and proves the table; symbols that the table
  /// doesn't list are passed over
  /// Errors: corrupt, or that of reading (a table is not in the dump): `kallsyms names: …`.
  static Result<std::unique_ptr<Kallsyms>> read(const MemoryReader& memory, const KallsymsLocation& location,
                                                std::span<const KnownSymbol> known);
  /// How many of `known` the table lists and agrees on.
  unsigned count_agreeing(std::span<const KnownSymbol> known) const;

  std::optional<Symbol> find(std::string_view name) const override;
  std::optional<SymbolAndOffset> at(VirtualAddress address) const override;
  void for_each(const std::function<bool(const Symbol&)>& visit) const override;

  std::uint32_t count() const { return names_.count(); }
  /// What was lost to holes, one line each.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  /// What a 32-bit offset means.
  enum class Encoding { base_relative, absolute_percpu };

  Kallsyms(KallsymsNames names, unsigned word_bytes);
  Result<void> read_offsets(const MemoryReader& memory, const KallsymsLocation& location);
  Result<void> read_addresses(const MemoryReader& memory, VirtualAddress at);
  Result<void> note_lost(std::string_view table, std::span<const Hole> holes, VirtualAddress at, unsigned width);
  Result<void> prove_addresses(std::span<const KnownSymbol> known);
  bool addresses_agree(std::span<const KnownSymbol> known, unsigned& checked) const;
  Result<void> choose_encoding(std::span<const KnownSymbol> known);
  void decode(Encoding encoding);
  void order();
  Symbol symbol(std::uint32_t index) const;
  std::uint64_t address_at(std::size_t place) const {
    return addresses_[by_address_.empty() ? place : by_address_[place]];
  }
  std::uint32_t index_at(std::size_t place) const {
    return by_address_.empty() ? static_cast<std::uint32_t>(place) : by_address_[place];
  }
  std::size_t first_place_at(std::uint64_t address) const;

  KallsymsNames names_;
  unsigned word_bytes_;
  std::vector<std::uint32_t> offsets_;
  VirtualAddress base_;
  std::vector<bool> address_lost_;         // empty where no offset is lost
  std::vector<std::uint64_t> addresses_;   // by index
  std::vector<std::uint32_t> by_address_;  // indices of known addresses in order; empty where that is 0, 1, 2 …
  std::size_t places_ = 0;                 // how many addresses are known
  std::vector<std::string> warnings_;
};

}  // namespace alicia::symbols

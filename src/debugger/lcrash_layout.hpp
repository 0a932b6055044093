// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "debugger/connection.hpp"
#include "debugger/lcrash_queries.hpp"
#include "debugger/ptype.hpp"

namespace alicia::debugger {

/// Finds where the members of a struct lie that lcrash has told without saying so: by asking for their addresses in a
/// struct at address 0; for those of bit-fields, which have none, by what lcrash reads them as.
class LcrashLayout {
 public:
  LcrashLayout(const Connection::Ask& ask, LcrashQueries& queries) : ask_(ask), queries_(queries) {}

  /// `object` is an expression of the struct at address 0. Errors: those of asking.
  Result<void> place(PtypeBody& body, const std::string& object);

 private:
  struct BitField {
    PtypeMember* member;
    std::string path;
    std::vector<std::uint64_t> places;  ///< where it may lie: bits from the start of the outermost struct
  };

  Result<void> place_members(PtypeBody& body, const std::string& path, std::uint64_t begin);
  Result<void> place_each(PtypeBody& body, const std::string& path, std::uint64_t begin);
  Result<void> place_member(PtypeMember& member, const std::string& path, std::uint64_t fallback);
  Result<std::uint64_t> end_of(const PtypeMember& member, const std::string& path, std::uint64_t base);
  Result<void> find_bit_fields(PtypeBody& body, const std::string& path, std::uint64_t begin);
  Result<void> find_run(std::vector<BitField>& fields, std::uint64_t begin, std::uint64_t end);
  Result<void> probe(std::vector<BitField>& fields, VirtualAddress at, std::uint64_t begin, std::uint64_t end);
  Result<std::optional<std::uint64_t>> number_of(const std::string& question);
  Result<std::uint64_t> size_of(const std::string& expression);

  const Connection::Ask& ask_;
  LcrashQueries& queries_;
  std::string type_;  ///< `struct page *`, of a pointer to the outermost struct
};

/// What a declarator declares: `next` of `struct list_head *next`, `func` of `void (*func)(int)`.
std::string_view declared_name(std::string_view declarator);

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "arch/x86_64/orc_entry.hpp"
#include "base/address.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"

namespace alicia::arch::x86_64 {

/// Half-open range of addresses.
struct CodeRange {
  VirtualAddress begin;
  VirtualAddress end;

  bool contains(VirtualAddress address) const { return begin <= address && address < end; }
};

/// Two arrays in the dump: where stretches of code begin (`ips`, each a 32-bit distance from its own place), and what
/// holds in them.
struct OrcTable {
  VirtualAddress ips;
  VirtualAddress entries;
  std::uint64_t count = 0;
};

/// The kernel's index into its own table: for each 256 bytes of text from `text.begin` on, the entry that holds there.
struct OrcIndex {
  VirtualAddress blocks;
  std::uint64_t count = 0;
  CodeRange text;
};

/// Code that is a copy of other code (an ftrace trampoline): what holds there holds here.
struct OrcCopy {
  CodeRange code;
  VirtualAddress original;
};

/// All ORC tables of one kernel. Remembers what it looked up: used by one thread at a time.
class OrcTables {
 public:
  /// @param memory borrowed
  OrcTables(const MemoryReader& memory, OrcLayout layout) : memory_(memory), layout_(layout) {}

  void set_kernel(const OrcTable& table, const std::optional<OrcIndex>& index, std::vector<CodeRange> code);
  void add_module(const OrcTable& table, std::vector<CodeRange> code);
  void add_copy(const OrcCopy& copy) { copies_.push_back(copy); }

  /// What holds at `ip`; nothing where no table speaks of it. Errors: those of reading a table.
  Result<std::optional<OrcEntry>> find(VirtualAddress ip) const;

 private:
  struct Part {
    OrcTable table;
    std::vector<CodeRange> code;
    std::optional<OrcIndex> index;
  };
  /// Entries [first, last) of a table.
  struct Span {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  Result<std::optional<OrcEntry>> search(VirtualAddress ip) const;
  Result<std::optional<OrcEntry>> search(const Part& part, VirtualAddress ip) const;
  std::optional<Span> indexed(const Part& part, VirtualAddress ip) const;
  Result<VirtualAddress> begin_of(const OrcTable& table, std::uint64_t number) const;
  Result<OrcEntry> read(const OrcTable& table, std::uint64_t number) const;

  const MemoryReader& memory_;
  OrcLayout layout_;
  std::vector<Part> parts_;
  std::vector<OrcCopy> copies_;
  mutable std::unordered_map<std::uint64_t, std::optional<OrcEntry>> known_;
};

}  // namespace alicia::arch::x86_64

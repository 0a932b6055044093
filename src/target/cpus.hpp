// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "symbols/symbol_source.hpp"

namespace alicia::target {

/// The machine's processors as the kernel numbered them.
class Cpus {
 public:
  /// Reads nr_cpu_ids, the masks and __per_cpu_offset. What cannot be read is noted and answered with the error.
  /// @param word_bytes of an unsigned long
  /// @param fallback number of processors where nr_cpu_ids cannot be had
  Cpus(const MemoryReader& memory, const symbols::SymbolSource& symbols, unsigned word_bytes, unsigned fallback);

  unsigned possible() const { return possible_; }
  const std::vector<unsigned>& online() const { return online_; }
  /// Errors: bad_argument for a number that is no possible CPU's; why __per_cpu_offset could not be read.
  Result<std::uint64_t> offset(unsigned cpu) const;

 private:
  unsigned possible_ = 0;
  std::vector<unsigned> online_;
  Result<std::vector<std::uint64_t>> offsets_;
};

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/cpus.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace alicia::target {
namespace {

constexpr unsigned most_cpus = 8192;  // NR_CPUS of the biggest x86_64 configuration

/// Reads an array of `count` Ts at the symbol.
template <class T>
Result<std::vector<T>> read_array(const MemoryReader& memory, const symbols::SymbolSource& symbols,
                                  std::string_view name, std::size_t count) {
  const auto symbol = symbols.find(name);
  if (!symbol) return failure(ErrorCode::no_such_symbol, fmt::format("no such symbol: {}", name));
  std::vector<T> values(count);
  if (auto read = memory.read(symbol->address, std::as_writable_bytes(std::span(values))); !read)
    return failure(std::move(read));
  return values;
}

std::vector<unsigned> set_bits(const std::vector<std::uint8_t>& mask, unsigned limit) {
  std::vector<unsigned> bits;
  for (unsigned bit = 0; bit < limit; ++bit)
    if ((mask[bit / 8] >> (bit % 8) & 1) != 0) bits.push_back(bit);
  return bits;
}

}  // namespace

Cpus::Cpus(const MemoryReader& memory, const symbols::SymbolSource& symbols, unsigned word_bytes, unsigned fallback) {
  const auto count = read_array<std::uint32_t>(memory, symbols, "nr_cpu_ids", 1);
  possible_ = std::clamp(count ? count->front() : fallback, 1U, most_cpus);
  // In bytes, a mask is the same whatever the width of its words.
  if (const auto mask = read_array<std::uint8_t>(memory, symbols, "__cpu_online_mask", (possible_ + 7) / 8))
    online_ = set_bits(*mask, possible_);
  if (word_bytes == 8) {
    offsets_ = read_array<std::uint64_t>(memory, symbols, "__per_cpu_offset", possible_);
    return;
  }
  const auto offsets = read_array<std::uint32_t>(memory, symbols, "__per_cpu_offset", possible_);
  if (offsets)
    offsets_ = std::vector<std::uint64_t>(offsets->begin(), offsets->end());
  else
    offsets_ = failure(offsets);
}

Result<std::uint64_t> Cpus::offset(unsigned cpu) const {
  if (cpu >= possible_)
    return failure(ErrorCode::bad_argument, fmt::format("no CPU {}: the machine has {}", cpu, possible_));
  if (!offsets_) return failure(offsets_);
  return (*offsets_)[cpu];
}

}  // namespace alicia::target

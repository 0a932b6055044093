// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/memory_reader.hpp"

namespace alicia::symbols {

/// How many names there are from one marker to the next.
inline constexpr std::uint32_t kallsyms_block = 256;
/// The biggest kernels have some 300,000.
inline constexpr std::uint32_t most_kernel_symbols = 4'000'000;

/// The tables begin at multiples of their alignment.
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Where in kallsyms_names every 256th name begins.
struct KallsymsMarkers {
  VirtualAddress address;
  std::vector<std::uint32_t> positions;
};

/// The markers of the `count` names at `names`, of whatever layout of kallsyms this is; nothing where they can't be
/// read or make no sense. @param token_table must lie behind `names`
std::optional<KallsymsMarkers> find_kallsyms_markers(const MemoryReader& memory, VirtualAddress names,
                                                     VirtualAddress token_table, std::uint32_t count);

}  // namespace alicia::symbols

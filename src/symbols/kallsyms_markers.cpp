// SPDX-License-Identifier: GPL-3.0-or-later
//
// VMCOREINFO doesn't give the address of kallsyms_markers. It lies behind the names and in front of the token table,
// with (kernels ≥ 6.2, and stable ones older) or without kallsyms_seqs_of_names, three bytes a symbol, in between; so
// there are few places to look, and a table of ascending positions that starts with 0 can't be mistaken.
//
// Specified in the kernel's scripts/kallsyms.c.
#include "symbols/kallsyms_markers.hpp"

#include <array>

#include "base/bytes.hpp"

namespace alicia::symbols {
namespace {

bool plausible(const std::vector<std::uint32_t>& positions, std::uint64_t names_bytes) {
  constexpr std::uint32_t least = 2;  // a length and one token
  constexpr std::uint32_t most = 2 + (1U << 15);
  if (positions.empty() || positions.front() != 0 || positions.back() >= names_bytes) return false;
  for (std::size_t index = 1; index < positions.size(); ++index) {
    const std::uint64_t before = positions[index - 1];
    if (positions[index] < before + std::uint64_t{least} * kallsyms_block ||
        positions[index] > before + std::uint64_t{most} * kallsyms_block)
      return false;
  }
  return true;
}

/// The markers if they lie at `address` as words of `width` bytes.
std::vector<std::uint32_t> markers_at(const MemoryReader& memory, VirtualAddress address, std::uint64_t blocks,
                                      std::uint64_t width) {
  std::vector<std::byte> raw(blocks * width);
  if (!memory.read(address, raw)) return {};
  std::vector<std::uint32_t> positions(blocks);
  for (std::size_t index = 0; index < blocks; ++index)
    positions[index] = load<std::uint32_t>(raw, index * width);
  return positions;
}

}  // namespace

std::optional<KallsymsMarkers> find_kallsyms_markers(const MemoryReader& memory, VirtualAddress names,
                                                     VirtualAddress token_table, std::uint32_t count) {
  const std::uint64_t blocks = align_up(count, kallsyms_block) / kallsyms_block;
  constexpr std::array<std::uint64_t, 2> widths{4, 8};  // 8: 64-bit kernels before 4.20
  constexpr std::array<std::uint64_t, 2> alignments{8, 4};
  for (const std::uint64_t width : widths)
    for (const std::uint64_t alignment : alignments)
      for (const std::uint64_t sequence_bytes : {std::uint64_t{0}, std::uint64_t{3} * count}) {
        const std::uint64_t back = align_up(sequence_bytes, alignment) + align_up(blocks * width, alignment);
        if (back >= token_table - names) continue;
        const VirtualAddress address = token_table - back;
        auto positions = markers_at(memory, address, blocks, width);
        if (plausible(positions, address - names)) return KallsymsMarkers{address, std::move(positions)};
      }
  return std::nullopt;
}

}  // namespace alicia::symbols

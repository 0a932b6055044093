// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace alicia::arch::x86_64 {

/// What a stack frame's start is reckoned from. The numbers are the kernel's.
enum class OrcBase : std::uint8_t {
  undefined = 0,
  previous_sp = 1,
  dx = 2,
  di = 3,
  bp = 4,
  sp = 5,
  r10 = 6,
  r13 = 7,
  bp_indirect = 8,
  sp_indirect = 9,
};

/// How the caller's frame is found.
enum class OrcType : std::uint8_t { undefined, end_of_stack, call, registers, partial_registers };

/// What the kernel's compiler tool noted for one stretch of code.
struct OrcEntry {
  std::int16_t sp_offset = 0;
  std::int16_t bp_offset = 0;
  OrcBase sp_base = OrcBase::undefined;
  OrcBase bp_base = OrcBase::undefined;
  OrcType type = OrcType::undefined;
  bool signal = false;  ///< the frame's address was interrupted, not called from
};

/// A member of struct orc_entry.
struct OrcBits {
  std::uint32_t offset = 0;  ///< in bits
  std::uint32_t bits = 0;
};

/// Where the members of this kernel's struct orc_entry lie. Two numberings of `type` are known. The older has a member
/// `end` and 0 for a call; the newer has none, and 0 for code that nothing is known of.
struct OrcLayout {
  std::size_t bytes = 0;  ///< at most 16
  OrcBits sp_offset, bp_offset, sp_reg, bp_reg, type;
  std::optional<OrcBits> end, signal;

  /// Entry from its bytes; `bytes` of them.
  OrcEntry decode(std::span<const std::byte> raw) const;
};

}  // namespace alicia::arch::x86_64

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.hpp"

namespace alicia::arch::x86_64 {

/// In the order of struct pt_regs, which an ELF note's user_regs_struct begins with as well.
enum class Register : std::uint8_t {
  r15,
  r14,
  r13,
  r12,
  bp,
  bx,
  r11,
  r10,
  r9,
  r8,
  ax,
  cx,
  dx,
  si,
  di,
  orig_ax,
  ip,
  cs,
  flags,
  sp,
  ss,
};
inline constexpr std::size_t register_count = 21;
inline constexpr std::size_t pt_regs_bytes = register_count * 8;
/// Where in pt_regs the part that the processor itself pushes begins: ip, cs, flags, sp, ss.
inline constexpr std::size_t interrupt_frame_offset = static_cast<std::size_t>(Register::ip) * 8;

/// As manuals write it, in lower case: `rax`, `orig_rax`, `rflags`.
std::string_view register_name(Register name);

/// A processor's registers, as far as they are known.
class Registers {
 public:
  /// From the bytes of a struct pt_regs (at least pt_regs_bytes of them).
  static Registers from_pt_regs(std::span<const std::byte> bytes);

  std::optional<std::uint64_t> get(Register name) const {
    return is_known(name) ? std::optional(values_[index(name)]) : std::nullopt;
  }
  bool is_known(Register name) const { return (known_ >> index(name) & 1U) != 0; }
  void set(Register name, std::uint64_t value) {
    values_[index(name)] = value;
    known_ |= 1U << index(name);
  }
  void forget(Register name) { known_ &= ~(1U << index(name)); }
  /// True where all of pt_regs is known.
  bool is_complete() const { return known_ == (1U << register_count) - 1; }
  /// True where the code segment is known to be one of user mode.
  bool is_user_mode() const { return (get(Register::cs).value_or(0) & 3U) != 0; }

  VirtualAddress ip() const { return VirtualAddress{get(Register::ip).value_or(0)}; }
  VirtualAddress sp() const { return VirtualAddress{get(Register::sp).value_or(0)}; }

 private:
  static constexpr std::size_t index(Register name) { return static_cast<std::size_t>(name); }

  std::array<std::uint64_t, register_count> values_{};
  std::uint32_t known_ = 0;
};

}  // namespace alicia::arch::x86_64

// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/x86_64/registers.hpp"

#include "base/bytes.hpp"

namespace alicia::arch::x86_64 {

std::string_view register_name(Register name) {
  static constexpr std::array<std::string_view, register_count> names{
      "r15", "r14", "r13", "r12", "rbp",      "rbx", "r11", "r10",    "r9",  "r8", "rax",
      "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs",  "rflags", "rsp", "ss"};
  return names[static_cast<std::size_t>(name)];
}

Registers Registers::from_pt_regs(std::span<const std::byte> bytes) {
  Registers registers;
  for (std::size_t number = 0; number < register_count && fits(number * 8, 8, bytes.size()); ++number)
    registers.set(static_cast<Register>(number), load<std::uint64_t>(bytes, number * 8));
  return registers;
}

}  // namespace alicia::arch::x86_64

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"

namespace alicia::arch {

/// Whose machine code it is.
enum class InstructionSet : std::uint8_t { x86_64, i386, aarch64 };
/// Of x86's.
enum class Syntax : std::uint8_t { att, intel };

struct Instruction {
  VirtualAddress address;
  std::vector<std::byte> bytes;
  std::string mnemonic;  ///< `(bad)` for bytes that are no instruction
  std::string operands;
  std::optional<VirtualAddress> target;  ///< where a direct call or jump leads, or what an operand relative to pc names
  bool is_branch = false;                ///< the target is a call's or jump's
};

/// Machine code as text. One capstone handle; used by one thread at a time.
class Disassembler {
 public:
  /// Error: internal, where capstone refuses.
  static Result<Disassembler> create(InstructionSet set, Syntax syntax);
  Disassembler(Disassembler&& other) noexcept : handle_(other.handle_), set_(other.set_) { other.handle_ = 0; }
  Disassembler& operator=(Disassembler&&) = delete;
  ~Disassembler();

  /// At most `most` instructions from `code`, which lies at `address`. An instruction cut off by the end of `code` ends
  /// the list; other bytes that are none become `(bad)`, one by one, on aarch64 four by four.
  std::vector<Instruction> decode(std::span<const std::byte> code, VirtualAddress address, std::size_t most) const;

 private:
  Disassembler(std::size_t handle, InstructionSet set) : handle_(handle), set_(set) {}

  std::size_t handle_;
  InstructionSet set_;
};

inline constexpr std::size_t longest_instruction = 15;

}  // namespace alicia::arch

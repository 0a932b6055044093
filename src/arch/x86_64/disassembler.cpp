// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/x86_64/disassembler.hpp"

#include <capstone/capstone.h>
#include <fmt/format.h>

#include <memory>

namespace alicia::arch::x86_64 {
namespace {

struct FreeInstruction {
  void operator()(cs_insn* instruction) const { cs_free(instruction, 1); }
};

bool is_direct_branch(csh handle, const cs_insn& instruction) {
  if (!cs_insn_group(handle, &instruction, CS_GRP_CALL) && !cs_insn_group(handle, &instruction, CS_GRP_JUMP))
    return false;
  const cs_x86& detail = instruction.detail->x86;
  return detail.op_count == 1 && detail.operands[0].type == X86_OP_IMM;
}

Instruction describe(csh handle, const cs_insn& instruction) {
  Instruction result;
  result.address = VirtualAddress{instruction.address};
  const auto bytes = std::as_bytes(std::span(instruction.bytes)).first(instruction.size);
  result.bytes.assign(bytes.begin(), bytes.end());
  result.mnemonic = instruction.mnemonic;
  result.operands = instruction.op_str;
  const cs_x86& detail = instruction.detail->x86;
  if (is_direct_branch(handle, instruction)) {
    result.is_branch = true;
    result.target = VirtualAddress{static_cast<std::uint64_t>(detail.operands[0].imm)};
    return result;
  }
  for (std::uint8_t number = 0; number < detail.op_count; ++number) {
    const cs_x86_op& operand = detail.operands[number];
    if (operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RIP)
      result.target =
          VirtualAddress{instruction.address + instruction.size + static_cast<std::uint64_t>(operand.mem.disp)};
  }
  return result;
}

}  // namespace

Result<Disassembler> Disassembler::create(Syntax syntax) {
  csh handle = 0;
  if (const cs_err error = cs_open(CS_ARCH_X86, CS_MODE_64, &handle); error != CS_ERR_OK)
    return failure(ErrorCode::internal, fmt::format("no disassembler: {}", cs_strerror(error)));
  Disassembler made(handle);
  cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
  cs_option(handle, CS_OPT_SYNTAX, syntax == Syntax::att ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL);
  return made;
}

Disassembler::~Disassembler() {
  csh handle = handle_;
  if (handle != 0) cs_close(&handle);
}

std::vector<Instruction> Disassembler::decode(std::span<const std::byte> code, VirtualAddress address,
                                              std::size_t most) const {
  std::vector<Instruction> instructions;
  const std::unique_ptr<cs_insn, FreeInstruction> buffer(cs_malloc(handle_));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  std::uint64_t at = address.value;
  while (buffer && left > 0 && instructions.size() < most) {
    if (cs_disasm_iter(handle_, &bytes, &left, &at, buffer.get())) {
      instructions.push_back(describe(handle_, *buffer));
      continue;
    }
    if (left < longest_instruction) break;  // perhaps only cut off
    instructions.push_back({VirtualAddress{at}, {static_cast<std::byte>(*bytes)}, "(bad)", {}, std::nullopt, false});
    ++bytes;
    --left;
    ++at;
  }
  return instructions;
}

}  // namespace alicia::arch::x86_64

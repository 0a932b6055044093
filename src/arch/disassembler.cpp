// SPDX-License-Identifier: GPL-3.0-or-later
//
// Capstone has tables for every architecture with 77,000 addresses to be relocated, which is 1.6 ms of each start of a
// program that links it. Few starts disassemble anything: it is loaded when the first disassembler is made.
#include "arch/disassembler.hpp"

#include <capstone/capstone.h>
#include <fmt/format.h>

#include <memory>

#include "arch/capstone_library.hpp"

namespace alicia::arch {
namespace {

struct FreeInstruction {
  const CapstoneLibrary& capstone;
  void operator()(cs_insn* instruction) const { capstone.free(instruction, 1); }
};

bool is_branch(csh handle, const cs_insn& instruction) {
  const CapstoneLibrary& capstone = *CapstoneLibrary::get();  // it is there: it made the instruction
  return capstone.insn_group(handle, &instruction, CS_GRP_CALL) ||
         capstone.insn_group(handle, &instruction, CS_GRP_JUMP);
}

void find_target_x86(csh handle, const cs_insn& instruction, Instruction& result) {
  const cs_x86& detail = instruction.detail->x86;
  if (is_branch(handle, instruction) && detail.op_count == 1 && detail.operands[0].type == X86_OP_IMM) {
    result.is_branch = true;
    result.target = VirtualAddress{static_cast<std::uint64_t>(detail.operands[0].imm)};
    return;
  }
  for (std::uint8_t number = 0; number < detail.op_count; ++number) {
    const cs_x86_op& operand = detail.operands[number];
    if (operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RIP)
      result.target =
          VirtualAddress{instruction.address + instruction.size + static_cast<std::uint64_t>(operand.mem.disp)};
  }
}

// A branch names its target last, behind what it tests; so do ADR and ADRP.
void find_target_aarch64(csh handle, const cs_insn& instruction, Instruction& result) {
  const cs_arm64& detail = instruction.detail->arm64;
  if (detail.op_count == 0) return;
  const cs_arm64_op& last = detail.operands[detail.op_count - 1];
  const bool branches = is_branch(handle, instruction);
  if (last.type != ARM64_OP_IMM || (!branches && instruction.id != ARM64_INS_ADR && instruction.id != ARM64_INS_ADRP))
    return;
  result.is_branch = branches;
  result.target = VirtualAddress{static_cast<std::uint64_t>(last.imm)};
}

Instruction describe(csh handle, InstructionSet set, const cs_insn& instruction) {
  Instruction result;
  result.address = VirtualAddress{instruction.address};
  const auto bytes = std::as_bytes(std::span(instruction.bytes)).first(instruction.size);
  result.bytes.assign(bytes.begin(), bytes.end());
  result.mnemonic = instruction.mnemonic;
  result.operands = instruction.op_str;
  if (set == InstructionSet::aarch64)
    find_target_aarch64(handle, instruction, result);
  else
    find_target_x86(handle, instruction, result);
  return result;
}

}  // namespace

Result<Disassembler> Disassembler::create(InstructionSet set, Syntax syntax) {
  const CapstoneLibrary* capstone = CapstoneLibrary::get();
  if (capstone == nullptr)
    return failure(ErrorCode::not_supported, "no disassembler: libcapstone.so.4 cannot be loaded");
  csh handle = 0;
  const bool is_arm = set == InstructionSet::aarch64;
  const cs_mode mode = is_arm ? CS_MODE_LITTLE_ENDIAN : set == InstructionSet::i386 ? CS_MODE_32 : CS_MODE_64;
  if (const cs_err error = capstone->open(is_arm ? CS_ARCH_ARM64 : CS_ARCH_X86, mode, &handle); error != CS_ERR_OK)
    return failure(ErrorCode::internal, fmt::format("no disassembler: {}", capstone->strerror(error)));
  Disassembler made(handle, set);
  capstone->option(handle, CS_OPT_DETAIL, CS_OPT_ON);
  if (!is_arm) capstone->option(handle, CS_OPT_SYNTAX, syntax == Syntax::att ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL);
  return made;
}

Disassembler::~Disassembler() {
  csh handle = handle_;
  if (handle != 0) CapstoneLibrary::get()->close(&handle);
}

std::vector<Instruction> Disassembler::decode(std::span<const std::byte> code, VirtualAddress address,
                                              std::size_t most) const {
  std::vector<Instruction> instructions;
  const CapstoneLibrary& capstone = *CapstoneLibrary::get();
  const std::unique_ptr<cs_insn, FreeInstruction> buffer(capstone.malloc(handle_), FreeInstruction{capstone});
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  std::uint64_t at = address.value;
  while (buffer && left > 0 && instructions.size() < most) {
    if (capstone.disasm_iter(handle_, &bytes, &left, &at, buffer.get())) {
      instructions.push_back(describe(handle_, set_, *buffer));
      continue;
    }
    const std::size_t step = set_ == InstructionSet::aarch64 ? 4 : 1;
    if (left < (step == 1 ? longest_instruction : step)) break;  // perhaps only cut off
    const auto bad = std::as_bytes(std::span(bytes, step));
    instructions.push_back({VirtualAddress{at}, {bad.begin(), bad.end()}, "(bad)", {}, std::nullopt, false});
    bytes += step;
    left -= step;
    at += step;
  }
  return instructions;
}

}  // namespace alicia::arch

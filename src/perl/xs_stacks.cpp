// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stack traces, registers and machine code, as hashes; Alicia::Linux::Stack makes of them what scripts see.
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "arch/disassembler.hpp"
#include "base/bytes.hpp"
#include "perl/build.hpp"

namespace alicia::perl {
namespace {

namespace x86 = arch::x86_64;

constexpr std::uint64_t kMostInstructions = 65536;

Result<target::Unwinder*> unwinder(State& state) {
  const auto target = engine(state, "a stack");
  if (!target) return failure(target);
  if (!state.unwinder) {
    auto made = target::Unwinder::create(**target);
    if (!made) return failure(std::move(made));
    state.unwinder = std::move(*made);
  }
  return state.unwinder.get();
}

SV* describe_registers(pTHX_ State& state, const x86::Registers& registers) {
  HV* hash = newHV();
  for (std::size_t number = 0; number < x86::register_count; ++number) {
    const auto name = static_cast<x86::Register>(number);
    if (const auto value = registers.get(name))
      put(aTHX_ hash, x86::register_name(name), new_address(aTHX_ state, *value));
  }
  return reference_to(aTHX_ hash);
}

/// symbol, offset and module; nothing where the address has no name.
void put_name(pTHX_ HV* hash, const std::optional<symbols::SymbolAndOffset>& name) {
  if (!name) return;
  put(aTHX_ hash, "symbol", new_text(aTHX_ name->symbol.name));
  put(aTHX_ hash, "offset", newSVuv(name->offset));
  put(aTHX_ hash, "module", new_text(aTHX_ name->symbol.module));
}

std::string_view kind_name(x86::FrameKind kind) {
  switch (kind) {
    case x86::FrameKind::start: return "start";
    case x86::FrameKind::call: return "call";
    case x86::FrameKind::interrupted: return "interrupted";
    case x86::FrameKind::user: return "user";
    case x86::FrameKind::guess: return "guess";
  }
  return "call";
}

SV* describe_frame(pTHX_ State& state, const target::CodeMap& code, const x86::StackFrame& frame) {
  HV* hash = newHV();
  put(aTHX_ hash, "pc", new_address(aTHX_ state, frame.pc.value));
  put(aTHX_ hash, "sp", new_address(aTHX_ state, frame.sp.value));
  put(aTHX_ hash, "slot", new_address(aTHX_ state, frame.slot.value));
  put(aTHX_ hash, "kind", new_text(aTHX_ kind_name(frame.kind)));
  put(aTHX_ hash, "stack", new_text(aTHX_ frame.stack));
  if (!frame.via.empty()) put(aTHX_ hash, "via", new_text(aTHX_ frame.via));
  if (frame.kind != x86::FrameKind::user) put_name(aTHX_ hash, code.name(frame.pc, frame.is_return_address));
  if (frame.registers) put(aTHX_ hash, "regs", describe_registers(aTHX_ state, *frame.registers));
  return reference_to(aTHX_ hash);
}

/// _unwind(TASK): a hash of frames, problem, cpu (where the task runs on one) and source (of its registers).
void xs_unwind(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "unwind(TASK)");
  State& state = state_of(cv);
  const std::uint64_t task = address_argument(aTHX_ state, ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto ready = unwinder(state);
    if (!ready) return failure(ready);
    const auto traced = (*ready)->unwind(VirtualAddress{task});
    if (!traced) return failure(traced);
    AV* frames = newAV();
    for (const x86::StackFrame& frame : traced->trace.frames)
      av_push(frames, describe_frame(aTHX_ state, (*ready)->code(), frame));
    HV* hash = newHV();
    put(aTHX_ hash, "frames", reference_to(aTHX_ frames));
    put(aTHX_ hash, "problem", new_text(aTHX_ traced->trace.problem));
    if (traced->cpu) put(aTHX_ hash, "cpu", newSVuv(*traced->cpu));
    put(aTHX_ hash, "source", new_text(aTHX_ traced->registers_source));
    return reference_to(aTHX_ hash);
  });
  XSRETURN(1);
}

/// _registers(CPU): a hash of the registers, and source.
void xs_registers(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "registers(CPU)");
  State& state = state_of(cv);
  const auto cpu = static_cast<unsigned>(number_argument(aTHX_ ST(0), "CPU", 8191));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto ready = unwinder(state);
    if (!ready) return failure(ready);
    const auto found = (*ready)->registers(cpu);
    if (!found) return failure(found);
    HV* hash = newHV();
    put(aTHX_ hash, "regs", describe_registers(aTHX_ state, found->registers));
    put(aTHX_ hash, "source", new_text(aTHX_ found->source));
    return reference_to(aTHX_ hash);
  });
  XSRETURN(1);
}

/// _running(CPU): the task it runs.
void xs_running(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "running_task(CPU)");
  State& state = state_of(cv);
  const auto cpu = static_cast<unsigned>(number_argument(aTHX_ ST(0), "CPU", 8191));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto ready = unwinder(state);
    if (!ready) return failure(ready);
    return (*ready)->current_task(cpu).map([&](VirtualAddress task) { return new_address(aTHX_ state, task.value); });
  });
  XSRETURN(1);
}

/// _stack_text(TASK): a list of hashes.
void xs_stack_text(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "stack_text(TASK)");
  State& state = state_of(cv);
  const std::uint64_t task = address_argument(aTHX_ state, ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto ready = unwinder(state);
    if (!ready) return failure(ready);
    const auto found = (*ready)->text_on_stack(VirtualAddress{task});
    if (!found) return failure(found);
    AV* list = newAV();
    for (const target::StackText& text : *found) {
      HV* hash = newHV();
      put(aTHX_ hash, "slot", new_address(aTHX_ state, text.slot.value));
      put(aTHX_ hash, "pc", new_address(aTHX_ state, text.value.value));
      put(aTHX_ hash, "stack", new_text(aTHX_ text.stack));
      put_name(aTHX_ hash, (*ready)->code().name(text.value, true));
      av_push(list, reference_to(aTHX_ hash));
    }
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

/// _saved_registers(TASK): a list of hashes of address, regs and the name of the instruction's place.
void xs_saved_registers(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "saved_registers(TASK)");
  State& state = state_of(cv);
  const std::uint64_t task = address_argument(aTHX_ state, ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto ready = unwinder(state);
    if (!ready) return failure(ready);
    const auto found = (*ready)->saved_registers(VirtualAddress{task});
    if (!found) return failure(found);
    AV* list = newAV();
    for (const target::SavedRegisters& saved : *found) {
      HV* hash = newHV();
      put(aTHX_ hash, "address", new_address(aTHX_ state, saved.address.value));
      put(aTHX_ hash, "regs", describe_registers(aTHX_ state, saved.registers));
      if (!saved.registers.is_user_mode()) put_name(aTHX_ hash, (*ready)->code().name(saved.registers.ip(), false));
      put(aTHX_ hash, "kind", new_text(aTHX_ saved.registers.is_user_mode() ? "user" : "interrupted"));
      av_push(list, reference_to(aTHX_ hash));
    }
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

/// The bytes from `address` on: `wanted` of them, or as many as are there. Error: where there are none.
Result<std::vector<std::byte>> code_bytes(State& state, std::uint64_t address, std::uint64_t wanted) {
  std::vector<std::byte> bytes(wanted);
  const Result<void> read = state.calls.read(VirtualAddress{address}, bytes);
  if (read) return bytes;
  const std::uint64_t missing = read.error().address.value_or(address);
  if (missing <= address || missing - address >= wanted) return failure(read);
  bytes.resize(missing - address);
  const Result<void> again = state.calls.read(VirtualAddress{address}, bytes);
  if (!again) return failure(again);
  return bytes;
}

SV* describe_instruction(pTHX_ State& state, target::Target& target, const arch::Instruction& instruction) {
  HV* hash = newHV();
  put(aTHX_ hash, "address", new_address(aTHX_ state, instruction.address.value));
  put(aTHX_ hash, "bytes", new_text(aTHX_ as_text(instruction.bytes)));
  put(aTHX_ hash, "mnemonic", new_text(aTHX_ instruction.mnemonic));
  put(aTHX_ hash, "operands", new_text(aTHX_ instruction.operands));
  put_name(aTHX_ hash, target.symbol_at(instruction.address));
  if (instruction.target) {
    HV* place = newHV();
    put(aTHX_ place, "address", new_address(aTHX_ state, instruction.target->value));
    put(aTHX_ place, "branch", newSVuv(instruction.is_branch ? 1 : 0));
    put_name(aTHX_ place, target.symbol_at(*instruction.target));
    put(aTHX_ hash, "target", reference_to(aTHX_ place));
  }
  return reference_to(aTHX_ hash);
}

arch::InstructionSet instruction_set(dump::Architecture architecture) {
  switch (architecture) {
    case dump::Architecture::i386: return arch::InstructionSet::i386;
    case dump::Architecture::aarch64: return arch::InstructionSet::aarch64;
    case dump::Architecture::x86_64:
    case dump::Architecture::unknown: break;
  }
  return arch::InstructionSet::x86_64;
}

/// _disassemble(ADDRESS, COUNT, INTEL): a list of hashes.
void xs_disassemble(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3, "disassemble(ADDRESS, COUNT)");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  const std::uint64_t count = number_argument(aTHX_ ST(1), "count", kMostInstructions);
  const bool intel = SvTRUE(ST(2));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const auto target = engine(state, "disassemble");
    if (!target) return failure(target);
    const auto disassembler = arch::Disassembler::create(instruction_set((*target)->architecture()),
                                                         intel ? arch::Syntax::intel : arch::Syntax::att);
    if (!disassembler) return failure(disassembler);
    const auto bytes = code_bytes(state, address, (count + 1) * arch::longest_instruction);
    if (!bytes) return failure(bytes);
    AV* list = newAV();
    for (const arch::Instruction& instruction :
         disassembler->decode(*bytes, VirtualAddress{address}, static_cast<std::size_t>(count)))
      av_push(list, describe_instruction(aTHX_ state, **target, instruction));
    return reference_to(aTHX_ list);
  });
  XSRETURN(1);
}

}  // namespace

void define_stacks(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_unwind", xs_unwind);
  define(aTHX_ state, "Alicia::_registers", xs_registers);
  define(aTHX_ state, "Alicia::_running", xs_running);
  define(aTHX_ state, "Alicia::_stack_text", xs_stack_text);
  define(aTHX_ state, "Alicia::_saved_registers", xs_saved_registers);
  define(aTHX_ state, "Alicia::_disassemble", xs_disassemble);
}

}  // namespace alicia::perl

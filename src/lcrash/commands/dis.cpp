// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "arch/disassembler.hpp"
#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/resolve.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::uint64_t kMostInstructions = 65536;
constexpr std::uint64_t kLongestFunction = std::uint64_t{1} << 20;

arch::InstructionSet instructions_of(const target::Target& target) {
  switch (target.architecture()) {
    case dump::Architecture::i386: return arch::InstructionSet::i386;
    case dump::Architecture::aarch64: return arch::InstructionSet::aarch64;
    default: return arch::InstructionSet::x86_64;
  }
}

std::string name_of(const target::Target& target, VirtualAddress address) {
  const auto symbol = target.symbol_at(address);
  return symbol ? visible(fmt::format("{}+{}", symbol->symbol.name, symbol->offset)) : std::string("?");
}

/// As many of `wanted` bytes as can be read.
Result<std::vector<std::byte>> read_code(const target::Target& target, VirtualAddress address, std::size_t wanted) {
  std::vector<std::byte> code(wanted);
  auto read = target.memory().read(address, code);
  while (!read && code.size() > 1) {
    const auto hole = read.error().address.value_or(address.value);
    const std::size_t before = hole > address.value ? std::min<std::size_t>(hole - address.value, code.size() - 1) : 0;
    code.resize(before != 0 ? before : 1);
    read = target.memory().read(address, code);
    if (before == 0) break;
  }
  if (!read) return failure(std::move(read));
  return code;
}

}  // namespace

Result<void> run_dis(Context& context, const Arguments& arguments) {
  if (arguments.words.empty() || arguments.words.size() > 2) return usage("dis");
  target::Target& target = context.target();
  auto start = resolve_address(target, arguments.words[0]);
  if (!start) return failure(start);
  auto count = arguments.words.size() < 2 ? 1 : resolve_count(arguments.words[1], kMostInstructions);
  if (!count) return failure(count);
  if (arguments.has('f')) {  // the whole function
    const auto symbol = target.symbol_at(*start);
    if (!symbol || symbol->offset > kLongestFunction)
      return failure(ErrorCode::no_such_symbol, fmt::format("no function at {:#x}", start->value), start->value);
    start = symbol->symbol.address;
    count = kMostInstructions;
  }
  const auto disassembler = arch::Disassembler::create(instructions_of(target), arch::Syntax::att);
  if (!disassembler) return failure(disassembler);
  const auto code = read_code(target, *start, static_cast<std::size_t>(*count) * arch::longest_instruction);
  if (!code) return failure(code);
  const auto home = target.symbol_at(*start);
  for (const arch::Instruction& instruction : disassembler->decode(*code, *start, *count)) {
    if (context.should_stop()) break;
    const auto symbol = target.symbol_at(instruction.address);
    if (arguments.has('f') && (!symbol || !home || symbol->symbol.address != home->symbol.address)) break;
    std::string line = fmt::format("0x{:x} <{}>:\t{} {}", instruction.address.value,
                                   name_of(target, instruction.address), instruction.mnemonic, instruction.operands);
    while (line.ends_with(' '))
      line.pop_back();
    if (instruction.target) line += fmt::format(" <{}>", name_of(target, *instruction.target));
    context.write(line + "\n");
  }
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  return {};
}

}  // namespace alicia::lcrash

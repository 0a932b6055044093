// SPDX-License-Identifier: GPL-3.0-or-later
//
// function_graph keeps for each function that it traces a struct ftrace_ret_stack in the task's ret_stack: an array of
// these, or (where task_struct declares it as plain words) a stack of words in which they lie between other data. Both
// are read the same way: a word that is the wanted place on the stack, at the distance of the member `retp`, with the
// return address at that of `ret`. curr_ret_stack says how much is in use, in entries or in words.
#include "target/replaced_returns.hpp"

#include <set>

#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t most_graph_bytes = 65536;
constexpr std::size_t most_rethooks = 4096;

std::optional<std::uint64_t> word(const MemoryReader& memory, VirtualAddress address) {
  std::array<std::byte, 8> bytes{};
  if (!memory.read(address, bytes)) return std::nullopt;
  return load<std::uint64_t>(bytes);
}

}  // namespace

ReplacedReturns::Originals ReplacedReturns::read_graph() const {
  Originals originals;
  types::TypeSystem& types = target_.types();
  const auto task = Layout::of(types, "struct task_struct");
  const auto entry = Layout::of(types, "struct ftrace_ret_stack");
  if (!task || !entry || entry->size() == 0) return originals;
  const auto stack = task->field("ret_stack");
  const auto depth = task->slot("curr_ret_stack");
  const auto ret = entry->slot("ret");
  const auto place = entry->slot("retp");
  if (!stack || !depth || !ret || !place) return originals;

  const types::TypeRef pointer = types.strip(stack->type);
  const types::TypeRef element = types.strip(types.follow(pointer, types.describe(pointer).target));
  const bool entries = types.describe(element).kind == types::Kind::structure;
  const auto base = word(target_.memory(), task_ + stack->bit_offset / 8);
  const auto used = word(target_.memory(), task_ + depth->offset);
  if (!base || *base == 0 || !used) return originals;
  const auto count = static_cast<std::int32_t>(*used);
  if (count < 0 || (!entries && count == 0)) return originals;
  const std::uint64_t unit = entries ? entry->size() : 8;
  const std::uint64_t bytes_used =
      std::min(most_graph_bytes, (static_cast<std::uint64_t>(count) + (entries ? 1 : 0)) * unit);
  std::vector<std::byte> bytes(bytes_used);
  if (!target_.memory().read(VirtualAddress{*base}, bytes)) return originals;
  for (std::uint64_t at = 0; fits(at, entry->size(), bytes.size()); at += unit) {
    const auto slot = load<std::uint64_t>(bytes, at + place->offset);
    const VirtualAddress original{load<std::uint64_t>(bytes, at + ret->offset)};
    if (slot % 8 == 0 && slot >> 63 != 0 && code_.is_code(original)) originals[VirtualAddress{slot}] = original;
  }
  return originals;
}

ReplacedReturns::Originals ReplacedReturns::read_rethooks() const {
  Originals originals;
  types::TypeSystem& types = target_.types();
  const auto task = Layout::of(types, "struct task_struct");
  const auto node = Layout::of(types, "struct rethook_node");
  if (!task || !node) return originals;
  const auto first = task->slot("rethooks.first");
  const auto link = node->slot("llist");
  const auto ret = node->slot("ret_addr");
  const auto frame = node->slot("frame");
  if (!first || !link || !ret || !frame) return originals;
  const auto trampoline = target_.symbol("arch_rethook_trampoline");
  std::set<std::uint64_t> seen;
  auto at = word(target_.memory(), task_ + first->offset);
  while (at && *at != 0 && seen.size() < most_rethooks && seen.insert(*at).second) {
    const VirtualAddress begin = VirtualAddress{*at} - link->offset;
    const auto slot = word(target_.memory(), begin + frame->offset);
    const auto original = word(target_.memory(), begin + ret->offset);
    // Of several on one return address only the first put has seen the true one.
    if (slot && original && (!trampoline || trampoline->address.value != *original))
      originals[VirtualAddress{*slot}] = VirtualAddress{*original};
    at = word(target_.memory(), VirtualAddress{*at});
  }
  return originals;
}

std::optional<arch::x86_64::OriginalReturn> ReplacedReturns::original_return(VirtualAddress found,
                                                                             VirtualAddress slot) const {
  if (!code_.is_code(found)) return std::nullopt;
  const auto name = target_.symbol_at(found);
  if (!name || name->offset != 0) return std::nullopt;
  const bool graph = name->symbol.name == "return_to_handler";
  if (!graph && name->symbol.name != "arch_rethook_trampoline") return std::nullopt;
  auto& originals = graph ? graph_ : rethooks_;
  if (!originals) originals = graph ? read_graph() : read_rethooks();
  const auto original = originals->find(slot);
  if (original == originals->end()) return std::nullopt;
  return arch::x86_64::OriginalReturn{original->second, name->symbol.name};
}

}  // namespace alicia::target

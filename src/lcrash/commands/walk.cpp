// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <unordered_set>

#include "base/escape.hpp"
#include "lcrash/c_format.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/record.hpp"
#include "lcrash/resolve.hpp"
#include "types/containers.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::size_t kMostEntries = std::size_t{1} << 22;

Result<std::uint64_t> offset_of(target::Target& target, types::TypeRef structure, const std::string& field) {
  if (const auto number = parse_number(field); number && field.find_first_not_of("0123456789") == std::string::npos)
    return *number;
  const auto member = types::field_at(target.types(), structure, field);
  if (!member) return failure(member);
  return member->bit_offset / 8;
}

/// Structs that point each to the next, to a null pointer or back to the first.
types::Walk<VirtualAddress> follow(Context& context, VirtualAddress first, std::uint64_t offset) {
  types::Walk<VirtualAddress> walk;
  std::unordered_set<std::uint64_t> met;
  target::Target& target = context.target();
  for (VirtualAddress at = first; at.value != 0;) {
    if (!met.insert(at.value).second) {
      if (at != first)
        walk.broken = Error{ErrorCode::corrupt, fmt::format("the list meets {:#x} twice", at.value), at.value};
      break;
    }
    if (met.size() > kMostEntries || context.should_stop()) break;
    walk.entries.push_back(at);
    const auto next = types::read_pointer(target.memory(), target.types(), target.types().wrap(at + offset));
    if (!next) {
      walk.broken = next.error();
      break;
    }
    at = *next;
  }
  return walk;
}

Result<void> show(Context& context, const types::Walk<VirtualAddress>& walk, std::optional<types::TypeRef> in_full) {
  const Scope scope = scope_of(context.target());
  for (const VirtualAddress entry : walk.entries) {
    if (context.should_stop()) break;
    if (!in_full) {
      context.print("0x{:x}\n", entry.value);
      continue;
    }
    const auto text =
        format_operand(scope, {*in_full, true, {entry, *in_full}, 0, false}, Radix::decimal, context.cancellation());
    context.print("STRUCT ADDR: 0x{:x}\n", entry.value);
    if (!text)
      context.complain(text.error());
    else
      context.write(*text + "\n");
  }
  context.print("{} struct{} found\n", walk.entries.size(), walk.entries.size() == 1 ? "" : "s");
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  if (walk.broken) return tl::unexpected<Error>(*walk.broken);
  return {};
}

}  // namespace

Result<void> run_walk(Context& context, const Arguments& arguments) {
  if (arguments.words.size() < 3) return usage("walk");
  target::Target& target = context.target();
  // `struct task_struct tasks ADDR`: the type may have two words.
  const std::size_t address_at = arguments.words.size() - 1;
  std::string name;
  for (std::size_t i = 0; i + 1 < address_at; ++i)
    name += (i == 0 ? "" : " ") + arguments.words[i];
  const auto structure = target.types().find(name);
  if (!structure) return failure(structure);
  const auto offset = offset_of(target, *structure, arguments.words[address_at - 1]);
  if (!offset) return failure(offset);
  const auto address = resolve_address(target, arguments.words[address_at]);
  if (!address) return failure(address);
  const auto in_full = arguments.has('s') ? std::optional(*structure) : std::nullopt;
  if (arguments.has('h'))
    return show(
        context,
        types::walk_list(target.memory(), target.types(), *address, *offset, {kMostEntries, &context.cancellation()}),
        in_full);
  return show(context, follow(context, *address, *offset), in_full);
}

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/resolve.hpp"

#include <fmt/format.h>

#include "base/escape.hpp"
#include "lcrash/arguments.hpp"
#include "lcrash/expression/evaluator.hpp"
#include "lcrash/expression/token.hpp"

namespace alicia::lcrash {

Scope scope_of(target::Target& target) {
  const auto symbol = [&target](std::string_view name, bool listed_only) -> Result<VirtualAddress> {
    if (listed_only) {
      if (const auto found = target.kernel_symbol(name)) return found->address;
      return failure(ErrorCode::no_such_symbol, fmt::format("no such symbol: {}", visible(name)));
    }
    return target.symbol(name).map([](const symbols::Symbol& found) { return found.address; });
  };
  const auto type = [&target](std::string_view name) -> std::optional<types::TypeRef> {
    const auto found = target.type_of_symbol(name);
    return found ? std::optional(*found) : std::nullopt;
  };
  return {target.memory(), target.types(), symbol, type};
}

Result<VirtualAddress> resolve_address(target::Target& target, std::string_view text) {
  const bool may_be_number = is_hexadecimal_word(text);
  if (may_be_number)
    if (const auto listed = target.kernel_symbol(text)) return listed->address;
  if (const auto number = parse_number(text)) {
    if (target.pointer_bytes() == 4 && *number > 0xffffffff)
      return failure(ErrorCode::bad_argument, fmt::format("{} has more than 32 bits", visible(text)));
    return VirtualAddress{*number};
  }
  Tokens tokens(text);
  const auto word = tokens.next();
  if (word && word->kind == Token::Kind::word && word->text == text)
    return target.symbol(text).map([](const symbols::Symbol& found) { return found.address; });
  const Scope scope = scope_of(target);
  const auto operand = evaluate(scope, text);
  if (!operand) return failure(operand);
  const types::Kind kind = scope.types.describe(scope.types.complete(operand->type)).kind;
  if (operand->in_memory && (kind == types::Kind::structure || kind == types::Kind::union_))
    return operand->place.address;
  return Arithmetic(scope).value_of(*operand).map([](const Operand& value) { return VirtualAddress{value.bits}; });
}

Result<std::uint64_t> resolve_count(std::string_view text, std::uint64_t most) {
  const auto number = parse_number(text);
  if (!number || *number == 0)
    return failure(ErrorCode::bad_argument, fmt::format("{} is no number of things", visible(text)));
  if (*number > most) return failure(ErrorCode::bad_argument, fmt::format("{} is more than {}", visible(text), most));
  return *number;
}

std::uint64_t page_size(const target::Target& target) {
  const auto told = target.vmcoreinfo().decimal("PAGESIZE").value_or(0);
  return told == 4096 || told == 16384 || told == 65536 ? static_cast<std::uint64_t>(told) : 4096;
}

}  // namespace alicia::lcrash

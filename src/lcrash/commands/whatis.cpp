// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/expression/evaluator.hpp"
#include "lcrash/resolve.hpp"
#include "types/printer.hpp"

namespace alicia::lcrash {
namespace {

bool has_body(const types::TypeSystem& types, types::TypeRef type) {
  const types::Kind kind = types.describe(types.complete(type)).kind;
  return kind == types::Kind::structure || kind == types::Kind::union_ || kind == types::Kind::enumeration;
}

bool is_name(std::string_view text) {
  return text.find_first_of("*[(.->+") == std::string_view::npos;
}

Result<void> whatis_type(Context& context, types::TypeRef type) {
  types::TypeSystem& types = context.target().types();
  if (has_body(types, type) || types.describe(type).kind == types::Kind::typedef_)
    context.write(types::print_definition(types, type) + "\n");
  else
    context.print("{}\n", visible(types.spell(type)));
  return {};
}

}  // namespace

Result<void> run_whatis(Context& context, const Arguments& arguments) {
  if (arguments.text.empty()) return usage("whatis");
  types::TypeSystem& types = context.target().types();
  const std::string text(arguments.text);
  const auto type = types.find(text);
  if (type) return whatis_type(context, *type);
  if (is_name(text) && type.error().code == ErrorCode::no_such_type && text.find(' ') != std::string::npos)
    return failure(type);
  const auto operand = evaluate(scope_of(context.target()), text);
  if (!operand) {
    if (is_name(text) && operand.error().code == ErrorCode::no_such_symbol)
      return failure(ErrorCode::no_such_type, fmt::format("no type and no symbol: {}", visible(text)));
    return failure(operand);
  }
  if (operand->has_unknown_type)
    context.print("{}: a symbol whose type is unknown\n", visible(text));
  else
    context.print("{};\n", visible(types.spell(operand->type, is_name(text) ? text : std::string())));
  return {};
}

Result<void> run_sizeof(Context& context, const Arguments& arguments) {
  if (arguments.text.empty()) return usage("sizeof");
  types::TypeSystem& types = context.target().types();
  std::string_view text = arguments.text;
  const auto dot = text.find('.');
  auto type = types.find(text.substr(0, dot));
  if (!type) {
    const auto operand = dot == std::string_view::npos && !arguments.has('o')
                             ? evaluate(scope_of(context.target()), text)
                             : Result<Operand>(failure(type));
    if (!operand || operand->has_unknown_type) return failure(type);
    type = operand->type;
  } else if (dot != std::string_view::npos) {
    const auto field = types::field_at(types, *type, text.substr(dot + 1));
    if (!field) return failure(field);
    if (arguments.has('o')) context.print("Offset: {} bytes.\n", field->bit_offset / 8);
    type = field->type;
  } else if (arguments.has('o')) {
    return failure(ErrorCode::bad_argument, "-o needs TYPE.MEMBER");
  }
  const auto size = types.size_of(*type);
  if (!size) return failure(size);
  context.print("Size of \"{}\": {} bytes\n", visible(text), *size);
  return {};
}

}  // namespace alicia::lcrash

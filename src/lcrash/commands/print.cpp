// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/c_format.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/expression/evaluator.hpp"
#include "lcrash/resolve.hpp"

namespace alicia::lcrash {
namespace {

Result<void> print_as(Context& context, const Arguments& arguments, Radix radix, std::string_view name) {
  if (arguments.text.empty()) return usage(name);
  const Scope scope = scope_of(context.target());
  const auto operand = evaluate(scope, arguments.text);
  if (!operand) return failure(operand);
  auto text = format_operand(scope, *operand, radix, context.cancellation());
  if (!text) return failure(std::move(text));
  context.write(*text + "\n");
  return {};
}

}  // namespace

Result<void> run_print(Context& context, const Arguments& arguments) {
  const Radix radix = arguments.has('x') ? Radix::hexadecimal : arguments.has('o') ? Radix::octal : Radix::decimal;
  return print_as(context, arguments, radix, "print");
}

Result<void> run_pd(Context& context, const Arguments& arguments) {
  return print_as(context, arguments, Radix::decimal, "pd");
}

Result<void> run_px(Context& context, const Arguments& arguments) {
  return print_as(context, arguments, Radix::hexadecimal, "px");
}

}  // namespace alicia::lcrash

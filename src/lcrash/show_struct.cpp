// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/show_struct.hpp"

#include "lcrash/resolve.hpp"

namespace alicia::lcrash {

Result<void> show_struct(Context& context, std::string_view type, VirtualAddress address, Radix radix) {
  const Scope scope = scope_of(context.target());
  const auto found = scope.types.find(type);
  if (!found) return failure(found);
  const auto text = format_operand(scope, {*found, true, {address, *found}, 0, false}, radix, context.cancellation());
  if (!text) return failure(text);
  context.write(*text + "\n");
  return {};
}

}  // namespace alicia::lcrash

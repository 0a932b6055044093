// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {

Result<void> run_base(Context& context, const Arguments& arguments) {
  if (arguments.words.empty()) return usage("base");
  for (const std::string& word : arguments.words) {
    const auto number = parse_number(word);
    if (!number) {
      context.complain({ErrorCode::bad_argument, fmt::format("{} is no number", visible(word)), {}});
      continue;
    }
    context.print("    hex: 0x{0:x}\ndecimal: {0}\n  octal: 0{0:o}\n binary: 0b{0:b}\n", *number);
  }
  return {};
}

}  // namespace alicia::lcrash

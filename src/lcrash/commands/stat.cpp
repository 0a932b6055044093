// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/commands/commands.hpp"
#include "lcrash/sections.hpp"

namespace alicia::lcrash {

Result<void> run_stat(Context& context, const Arguments& arguments) {
  if (!arguments.text.empty()) return usage("stat");
  if (const auto shown = show_utsname(context); !shown) context.complain(shown.error());
  context.write("\nLOG_BUF:\n\n");
  return show_log(context);
}

}  // namespace alicia::lcrash

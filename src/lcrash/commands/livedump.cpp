// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {

Result<void> run_livedump(Context& /*context*/, const Arguments& arguments) {
  if (!arguments.text.empty()) return usage("livedump");
  return failure(ErrorCode::not_supported, "wants the memory of a running kernel, and this is a dump");
}

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lcrash/command.hpp"

// The functions behind the table of commands.
namespace alicia::lcrash {

Result<void> run_base(Context& context, const Arguments& arguments);
Result<void> run_dump(Context& context, const Arguments& arguments);
Result<void> run_findsym(Context& context, const Arguments& arguments);
Result<void> run_help(Context& context, const Arguments& arguments);
Result<void> run_history(Context& context, const Arguments& arguments);
Result<void> run_pd(Context& context, const Arguments& arguments);
Result<void> run_print(Context& context, const Arguments& arguments);
Result<void> run_px(Context& context, const Arguments& arguments);
Result<void> run_quit(Context& context, const Arguments& arguments);
Result<void> run_sizeof(Context& context, const Arguments& arguments);
Result<void> run_symbol(Context& context, const Arguments& arguments);
Result<void> run_whatis(Context& context, const Arguments& arguments);

}  // namespace alicia::lcrash

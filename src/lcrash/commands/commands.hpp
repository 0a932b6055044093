// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lcrash/command.hpp"

// The functions behind the table of commands.
namespace alicia::lcrash {

Result<void> run_base(Context& context, const Arguments& arguments);
Result<void> run_deftask(Context& context, const Arguments& arguments);
Result<void> run_dis(Context& context, const Arguments& arguments);
Result<void> run_dump(Context& context, const Arguments& arguments);
Result<void> run_findsym(Context& context, const Arguments& arguments);
Result<void> run_help(Context& context, const Arguments& arguments);
Result<void> run_history(Context& context, const Arguments& arguments);
Result<void> run_ldcmds(Context& context, const Arguments& arguments);
Result<void> run_livedump(Context& context, const Arguments& arguments);
Result<void> run_load(Context& context, const Arguments& arguments);
Result<void> run_mktrace(Context& context, const Arguments& arguments);
Result<void> run_mmap(Context& context, const Arguments& arguments);
Result<void> run_module(Context& context, const Arguments& arguments);
Result<void> run_namelist(Context& context, const Arguments& arguments);
Result<void> run_page(Context& context, const Arguments& arguments);
Result<void> run_pd(Context& context, const Arguments& arguments);
Result<void> run_print(Context& context, const Arguments& arguments);
Result<void> run_px(Context& context, const Arguments& arguments);
Result<void> run_quit(Context& context, const Arguments& arguments);
Result<void> run_report(Context& context, const Arguments& arguments);
Result<void> run_sizeof(Context& context, const Arguments& arguments);
Result<void> run_stat(Context& context, const Arguments& arguments);
Result<void> run_strace(Context& context, const Arguments& arguments);
Result<void> run_symbol(Context& context, const Arguments& arguments);
Result<void> run_symtab(Context& context, const Arguments& arguments);
Result<void> run_task(Context& context, const Arguments& arguments);
Result<void> run_trace(Context& context, const Arguments& arguments);
Result<void> run_unload(Context& context, const Arguments& arguments);
Result<void> run_vi(Context& context, const Arguments& arguments);
Result<void> run_vtop(Context& context, const Arguments& arguments);
Result<void> run_walk(Context& context, const Arguments& arguments);
Result<void> run_whatis(Context& context, const Arguments& arguments);

}  // namespace alicia::lcrash

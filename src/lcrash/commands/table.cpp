// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {
namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"base", "", "w:", "NUMBER...", "Shows numbers in four bases.", run_base},
    {"deftask", "", "w:", "[TASK]", "Chooses the task that trace and vtop are about, or shows it.", run_deftask},
    {"dis", "", "fw:", "[-f] ADDRESS [COUNT]", "Shows machine code: COUNT (1) instructions, -f: the whole function.",
     run_dis},
    {"dump", "", "doxBHWDpw:", "[-d|-o|-x] [-B|-H|-W|-D] [-p] ADDRESS [COUNT]",
     "Shows memory: COUNT (1) bytes (-B), half words (-H), words of 32 bits (-W, the default) or double words (-D), in "
     "decimal, octal or hexadecimal (the default). The address is virtual, with -p physical.",
     run_dump},
    {"findsym", "fsym", "fw:", "[-f] ADDRESS|SYMBOL...",
     "Shows the symbol that an address belongs to. -f: with its type.", run_findsym},
    {"help", "?", "w:", "[all | COMMAND...]", "Shows all commands, or what one is for.", run_help},
    {"history", "h", "w:", "", "Shows the lines typed; !N runs one again, !! the last.", run_history},
    {"ldcmds", "", "w:", "[FILE...]",
     "Makes a file of commands a command named after it, with $1 to $9 for its words; "
     "without FILE lists them.",
     run_ldcmds},
    {"livedump", "", "w:", "", "Wrote a dump of the running kernel. What is open here is a dump already.",
     run_livedump},
    {"load", "", "w:", "FILE [WORD...]", "Runs a file of commands, with $1 to $9 for the words.", run_load},
    {"mktrace", "", "w:", "PC SP [FP [TASK]]",
     "Shows the stack trace of a task as if it stood at PC, with SP pointing to its stack and FP to its frame. TASK is "
     "the one on whose stack SP lies.",
     run_mktrace},
    {"mmap", "", "fw:", "[-f] [TASK|MM_STRUCT...]",
     "Shows the address spaces of all processes, or those of these tasks or at these addresses. -f: with the areas in "
     "them, what each maps and from where in it.",
     run_mmap},
    {"module", "", "fw:", "[-f] [MODULE...]", "Shows loaded modules. -f: with their structs.", run_module},
    {"namelist", "", "w:", "", "Shows where types come from.", run_namelist},
    {"page", "", "fw:", "[-f] #FRAME|ADDRESS...",
     "Shows the struct page of a page frame, of an address, or at one. -f: in "
     "full.",
     run_page},
    {"pd", "", "w:", "EXPRESSION", "Prints a C expression's value, numbers in decimal.", run_pd, true},
    {"print", "p", "doxw:", "[-d|-o|-x] EXPRESSION",
     "Prints a C expression's value: casts with or without struct, * & . -> [], sizeof, arithmetic, comparison. A > or "
     "|"
     " has to stand in parentheses.",
     run_print, true},
    {"px", "", "w:", "EXPRESSION", "Prints a C expression's value, numbers in hexadecimal.", run_px, true},
    {"quit", "q", "", "", "Leaves.", run_quit},
    {"report", "", "w:", "", "Writes all that a first look needs.", run_report},
    {"sizeof", "", "ow:", "[-o] TYPE|TYPE.MEMBER|EXPRESSION", "Shows a type's size; -o: a member's offset as well.",
     run_sizeof},
    {"stat", "", "w:", "", "Shows utsname and the kernel's log.", run_stat},
    {"strace", "", "aw:", "[-a] [TASK...]", "Shows every address of code on a task's stack. -a: of all tasks.",
     run_strace},
    {"symbol", "sym", "fw:", "[-f] SYMBOL|ADDRESS...", "Shows symbols by name or address. -f: with their types.",
     run_symbol},
    {"symtab", "", "flw:", "[-l] [-f] [TABLE...]",
     "Shows the tables of symbols: vmlinux and the modules. -f: the symbols.", run_symtab},
    {"task", "", "fnw:", "[-f] [TASK...]",
     "Shows tasks: all, or those with these addresses or PIDs. -f: with their "
     "structs.",
     run_task},
    {"trace", "t", "afw:", "[-a] [TASK...]",
     "Shows a task's stack trace: the default task's, else that of the one that "
     "failed. -a: all.",
     run_trace},
    {"unload", "", "w:", "COMMAND...", "Forgets commands of ldcmds.", run_unload},
    {"vi", "", "", "FILE|COMMAND",
     "Edits a file of commands, or that of a command of ldcmds, with $VISUAL, $EDITOR or vi. It is read again when it "
     "is "
     "run next.",
     run_vi},
    {"vtop", "", "w:", "ADDRESS...",
     "Shows where virtual addresses lie in physical memory; user addresses are the default "
     "task's.",
     run_vtop},
    {"walk", "", "hsw:", "[-s] STRUCT FIELD ADDRESS | -h [-s] STRUCT FIELD HEAD",
     "Shows the addresses of structs that point to the next by FIELD (a member or an offset); -h: that hang on a "
     "list_head. "
     "-s: in full.",
     run_walk},
    {"whatis", "", "w:", "TYPE|SYMBOL|EXPRESSION", "Shows how C declares a type, or what type a thing has.", run_whatis,
     true},
});

}  // namespace

std::span<const Command> all_commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto* found = std::ranges::find_if(
      kCommands, [name](const Command& each) { return each.name == name || (!name.empty() && each.alias == name); });
  return found == kCommands.end() ? nullptr : found;
}

tl::unexpected<Error> usage(std::string_view name) {
  const Command* command = find_command(name);
  return failure(ErrorCode::bad_argument,
                 fmt::format("usage: {}{}{}{}", name, command->letters.ends_with("w:") ? " [-w OUTFILE]" : "",
                             command->synopsis.empty() ? "" : " ", command->synopsis));
}

}  // namespace alicia::lcrash

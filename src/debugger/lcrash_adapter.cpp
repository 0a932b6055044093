// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/lcrash_adapter.hpp"

#include <algorithm>
#include <array>

#include "debugger/judged_run.hpp"
#include "debugger/lcrash_dialect.hpp"
#include "debugger/lcrash_types.hpp"
#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

// The original's, of which Alicia's own has most.
constexpr std::array<std::string_view, 35> command_words{
    "base", "deftask", "dis",  "dump",   "findsym",  "help", "history", "ldcmds", "livedump",
    "load", "mktrace", "mmap", "module", "namelist", "page", "print",   "p",      "px",
    "pd",   "quit",    "q",    "report", "sizeof",   "stat", "strace",  "symbol", "symtab",
    "task", "trace",   "t",    "unload", "vi",       "vtop", "walk",    "whatis"};

}  // namespace

LcrashAdapter::LcrashAdapter(const LcrashOptions& options, const Cancellation& cancellation)
    // Nothing is to wait for a key.
    : connection_({options.program, options.arguments, options.status, {"PAGER=cat", "TERM=dumb"}},
                  std::make_unique<LcrashDialect>(), cancellation),
      queries_(std::make_unique<LcrashQueries>([this](std::string_view line) { return connection_.ask(line); })) {}

void LcrashAdapter::start_in_background() {
  // What stands in the way is said when somebody wants something of lcrash.
  static_cast<void>(connection_.start());
}

bool LcrashAdapter::has_command(std::string_view word) const {
  return std::ranges::find(command_words, word) != command_words.end();
}

std::vector<std::string> LcrashAdapter::commands() const {
  return {command_words.begin(), command_words.end()};
}

Result<void> LcrashAdapter::run(std::string_view line, Output& output) {
  const auto words = words_of(line);
  if (words.empty()) return connection_.retry();
  return judged_run(connection_, line, output,
                    [&](std::string_view text) { return is_lcrash_error(words.front(), text); });
}

Result<void> LcrashAdapter::read(VirtualAddress address, std::span<std::byte> out) const {
  return queries_->read(address, out);
}

std::unique_ptr<types::TypeSource> LcrashAdapter::type_source() {
  return std::make_unique<LcrashTypes>([this](std::string_view line) { return connection_.ask(line); }, *queries_,
                                       pointer_bytes());
}

unsigned LcrashAdapter::pointer_bytes() {
  return queries_->pointer_bytes().value_or(8);
}

}  // namespace alicia::debugger

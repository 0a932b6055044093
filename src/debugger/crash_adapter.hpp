// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "debugger/connection.hpp"
#include "debugger/crash_commands.hpp"
#include "debugger/crash_queries.hpp"
#include "debugger/debugger.hpp"

namespace alicia::debugger {

struct CrashOptions {
  std::string program = "crash";       ///< `Crash =` of the configuration: a name on PATH, or a file
  std::vector<std::string> arguments;  ///< crash's own, MAP left out where it has to be (sort_crash_arguments)
  bool user_crashrc = false;           ///< run the lines of ~/.crashrc and ./.crashrc once crash is up
  StatusLine::Options status;
};

/// crash behind pipes. Started with -s --no_crashrc --no_scroll --no_strip.
///
/// A crash that refuses the dump says why, once, and isn't started again until an empty line is run (`:` alone at the
/// prompt), which tries once more. A crash that died is started again by the next command. `set gdb on` would take the
/// markers away and isn't passed on.
class CrashAdapter final : public Debugger {
 public:
  CrashAdapter(const CrashOptions& options, const Cancellation& cancellation);

  std::string_view name() const override { return "crash"; }
  void start_in_background() override;
  bool has_command(std::string_view word) const override { return commands_.contains(word); }
  bool refused() const override { return connection_.refused(); }
  std::vector<std::string> commands() const override { return commands_.words(); }
  Result<void> run(std::string_view line, Output& output) override;
  Result<VirtualAddress> symbol_address(std::string_view name) override { return queries_->symbol_address(name); }
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override;
  std::unique_ptr<types::TypeSource> type_source() override;
  unsigned pointer_bytes() override;
  void stop() override { connection_.stop(); }

 private:
  void prologue(const Connection::Ask& ask);
  void learn_commands(const Connection::Ask& ask);

  bool user_crashrc_;
  CrashCommands commands_;
  Connection connection_;
  std::unique_ptr<CrashQueries> queries_;  // a pointer, as reading is const and asking isn't
};

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "debugger/connection.hpp"
#include "debugger/debugger.hpp"
#include "debugger/lcrash_queries.hpp"

namespace alicia::debugger {

struct LcrashOptions {
  std::string program;                 ///< Alicia's own, or `Lcrash =` of the configuration
  std::vector<std::string> arguments;  ///< lcrash's own: MAP DUMP KERNTYPES
  StatusLine::Options status;
};

/// lcrash behind pipes: the one that comes with Alicia, or an original. As with crash, one that refuses the dump says
/// why, once, and isn't started again until an empty line is run; one that died is started again by the next command.
class LcrashAdapter final : public Debugger {
 public:
  LcrashAdapter(const LcrashOptions& options, const Cancellation& cancellation);

  std::string_view name() const override { return "lcrash"; }
  void start_in_background() override;
  bool has_command(std::string_view word) const override;
  bool refused() const override { return connection_.refused(); }
  std::vector<std::string> commands() const override;
  Result<void> run(std::string_view line, Output& output) override;
  Result<VirtualAddress> symbol_address(std::string_view name) override { return queries_->symbol_address(name); }
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override;
  std::unique_ptr<types::TypeSource> type_source() override;
  unsigned pointer_bytes() override;
  void stop() override { connection_.stop(); }

 private:
  Connection connection_;
  std::unique_ptr<LcrashQueries> queries_;  // a pointer, as reading is const and asking isn't
};

}  // namespace alicia::debugger

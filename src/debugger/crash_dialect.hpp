// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debugger/dialect.hpp"

namespace alicia::debugger {

/// How crash is spoken to (measured on 8.0.2).
class CrashDialect final : public Dialect {
 public:
  std::string_view name() const override { return "crash"; }
  Marker marker(std::uint64_t secret, std::uint64_t number, std::string_view shape) const override;
  std::size_t line_limit() const override { return 1498; }  // its buffer has 1500 bytes; 1499 are split in two commands
  std::string_view farewell() const override { return "quit"; }
  bool is_farewell(std::string_view line) const override;
  std::vector<std::string> talkative() const override { return {"-d1"}; }
  std::optional<std::string> reason(std::string_view printed) const override;
};

/// True where all of `output` is one error line of crash: `NAME: …` of the command's own name, `crash: …`, or `symbol
/// not found: …`, which two lines about alternatives may follow. `command` is the first word, aliases replaced.
bool is_crash_error(std::string_view command, std::string_view output);

}  // namespace alicia::debugger

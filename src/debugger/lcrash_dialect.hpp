// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debugger/dialect.hpp"

namespace alicia::debugger {

/// How lcrash is spoken to: Alicia's own, and the original as far as it is known.
class LcrashDialect final : public Dialect {
 public:
  std::string_view name() const override { return "lcrash"; }
  Marker marker(std::uint64_t secret, std::uint64_t number, std::string_view shape) const override;
  bool learns_shape() const override { return true; }
  std::optional<std::string> shape_of(std::string_view start, std::string_view between, std::uint64_t secret,
                                      std::uint64_t number) const override;
  std::string tail_of(std::string_view shape, std::uint64_t secret, std::uint64_t number) const override;
  std::size_t line_limit() const override { return 1498; }  // the original's is not known
  std::string_view farewell() const override { return "quit"; }
  bool is_farewell(std::string_view line) const override;
  std::optional<std::string> reason(std::string_view printed) const override;
};

/// True where all of `output` is one error line: `NAME: …` of the command's own name, or `lcrash: …`.
bool is_lcrash_error(std::string_view command, std::string_view output);

}  // namespace alicia::debugger

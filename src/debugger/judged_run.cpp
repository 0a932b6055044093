// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/judged_run.hpp"

#include "base/escape.hpp"
#include "debugger/text.hpp"

namespace alicia::debugger {

Result<void> judged_run(Connection& connection, std::string_view line, Output& output,
                        const std::function<bool(std::string_view)>& is_error) {
  constexpr std::size_t judged_output = 8192;  // an error line isn't longer
  std::string beginning;
  std::size_t total = 0;
  auto asked = connection.ask(line, [&](std::string_view text) {
    total += text.size();
    if (beginning.size() < judged_output) beginning += text.substr(0, judged_output - beginning.size());
    return output.write(text);
  });
  if (!asked) return asked;
  if (total <= judged_output && is_error(beginning)) {
    return failure(ErrorCode::debugger_error, visible(lines_of(trimmed(beginning)).front()));
  }
  return {};
}

}  // namespace alicia::debugger

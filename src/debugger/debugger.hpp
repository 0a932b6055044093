// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "base/output.hpp"
#include "types/type.hpp"

namespace alicia::debugger {

/// A dump debugger behind pipes: crash, lcrash. It reads the same dump, and its every command works at the prompt.
class Debugger : public MemoryReader {
 public:
  /// `crash` or `lcrash`.
  virtual std::string_view name() const = 0;
  /// Starts the child without waiting for it; nothing happens where it runs already.
  virtual void start_in_background() = 0;
  /// True for the debugger's own commands and what its start-up files added. Never waits for the child.
  virtual bool has_command(std::string_view word) const = 0;
  /// True once it has said that it cannot open this dump. Never waits for the child.
  virtual bool refused() const { return false; }
  /// Its command words, for completion.
  virtual std::vector<std::string> commands() const = 0;

  /// Runs one command line; what it prints goes to `output` as it comes. Starts or restarts the child where needed.
  /// An error line that is all a command prints is printed, too, and makes the call fail with debugger_error.
  /// Errors: debugger_missing, debugger_refused, debugger_died, debugger_error, interrupted, too_long, bad_argument.
  virtual Result<void> run(std::string_view line, Output& output) = 0;

  /// The API answered through the debugger's own commands; names and layouts are cached, memory never.
  virtual Result<VirtualAddress> symbol_address(std::string_view name) = 0;
  /// A source of types that asks the debugger; it refers to this object.
  virtual std::unique_ptr<types::TypeSource> type_source() = 0;
  /// Bytes of a pointer in the dumped kernel.
  virtual unsigned pointer_bytes() = 0;

  /// Ends the child: politely, then not.
  virtual void stop() = 0;
};

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "base/error.hpp"
#include "target/target.hpp"
#include "trace/command_names.hpp"
#include "trace/event_format.hpp"
#include "trace/records.hpp"

namespace alicia::trace {

/// Writes a buffer as a trace.dat file of version 6, which trace-cmd and KernelShark open. What was consumed, and what
/// could not be made out, is left out. Error: cannot_open (the file cannot be written), interrupted.
Result<void> write_trace_dat(const std::filesystem::path& path, target::Target& target, const EventFormats& formats,
                             const CommandNames& commands, const LoadedBuffer& loaded,
                             const Cancellation& cancellation);

}  // namespace alicia::trace

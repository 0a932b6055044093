// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::trace {

/// A member of an event's record, as the kernel describes it to user space.
struct EventField {
  std::string type;  ///< in C's words: `char[16]`, `__data_loc char[]`
  std::string name;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t length = 0;  ///< elements of an array; 0 where only the type tells
  bool is_signed = false;

  /// The member's value in a record, sign extended; 0 where the record is too short or the member no scalar.
  std::uint64_t in(std::span<const std::byte> record) const;
  /// True of a string or array whose place and length stand in the record (`__data_loc`, `__rel_loc`).
  bool is_dynamic() const { return type.starts_with("__data_loc") || type.starts_with("__rel_loc"); }
  bool is_array() const { return type.find('[') != std::string::npos && !is_dynamic(); }
};

/// The arguments of a system call, which its events name.
struct SyscallWords {
  std::string name;  ///< `sys_openat`
  std::int64_t number = -1;
  std::vector<std::string> types, arguments;
};

/// A kind of event: a `struct trace_event_call`.
struct EventFormat {
  std::uint16_t id = 0;
  std::string system, name;
  std::vector<EventField> fields;  ///< without the common ones
  std::string print_format;        ///< `"comm=%s pid=%d", REC->comm, REC->pid`
  std::optional<SyscallWords> syscall;
  bool is_probe = false;  ///< of a kprobe or uprobe

  const EventField* field(std::string_view field_name) const;
};

/// All kinds of event that the dump's kernel knew, modules' included.
struct EventFormats {
  std::vector<EventField> common;  ///< the fields that begin each record
  std::map<std::uint16_t, EventFormat> by_id;
  std::vector<std::string> problems;

  const EventFormat* find(std::uint16_t id) const;
  const EventFormat* find(std::string_view system, std::string_view name) const;
};

/// Reads the kernel's list `ftrace_events`. Errors: it has no such list (no tracing), or no types to read it by;
/// interrupted. What cannot be read of single events becomes a problem.
Result<EventFormats> read_event_formats(target::Target& target, const Cancellation& cancellation);

/// The event's file `format` below /sys/kernel/tracing/events, as the kernel writes it.
std::string format_text(const EventFormats& formats, const EventFormat& event);

}  // namespace alicia::trace

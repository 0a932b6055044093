// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "target/target.hpp"
#include "trace/event_format.hpp"
#include "trace/function_names.hpp"
#include "trace/records.hpp"

namespace alicia::trace {

/// What an event says, as the kernel words it: the text behind the event's name.
///
/// The kernel compiles each event's `TP_printk` into a function and gives the same as text to user space, the print
/// format. libtraceevent evaluates that text; here it gets what the dump says in place of a running kernel's files.
class EventText {
 public:
  /// @param records what will be asked for: strings they point to are looked up before libtraceevent begins
  EventText(target::Target& target, const EventFormats& formats, FunctionNames& names, const Records& records);
  ~EventText();
  EventText(const EventText&) = delete;
  EventText& operator=(const EventText&) = delete;

  /// The text of a record of this kind, without its name; one line, unless the event itself has several.
  std::string text(const EventFormat& event, std::span<const std::byte> record);
  /// Event kinds that libtraceevent did not understand, `system:name`; their fields are listed instead.
  const std::vector<std::string>& not_understood() const;

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace alicia::trace

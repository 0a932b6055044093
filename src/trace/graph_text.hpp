// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "target/target.hpp"
#include "trace/command_names.hpp"
#include "trace/event_format.hpp"
#include "trace/function_names.hpp"
#include "trace/records.hpp"

namespace alicia::trace {

/// The function_graph tracer's own kind of line: a call as `vfs_read() {`, what happened within it indented, its return
/// as `}`; and other events as comments among them.
class GraphText {
 public:
  /// All borrowed.
  GraphText(target::Target& target, const EventFormats& formats, const CommandNames& commands, FunctionNames& names,
            const Records& records);

  /// True of calls and returns.
  bool is_graph(const EventFormat& event) const { return &event == entry_.event || &event == exit_.event; }
  /// The lines of a call or a return; none for a return that was part of its call's line.
  std::string line(std::size_t index);
  /// Another event's line. @param text what it says
  std::string comment(std::size_t index, std::string_view text);

 private:
  static constexpr int kDeepest = 50;
  /// What was printed of one CPU of one buffer.
  struct Cpu {
    std::optional<std::int32_t> last_pid;
    int depth = 0;
    std::optional<int> interrupt_depth;
    std::array<std::uint64_t, kDeepest> functions{};
  };
  /// Where a call's or return's members lie.
  struct Kind {
    const EventFormat* event = nullptr;
    const EventField *function = nullptr, *depth = nullptr, *called = nullptr, *returned = nullptr, *overrun = nullptr;
    std::uint64_t get(const EventField* field, std::span<const std::byte> record) const {
      return field == nullptr ? 0 : field->in(record);
    }
  };

  Kind kind(std::string_view name) const;
  Cpu& state(std::size_t index) { return cpus_[{records_.buffer(index), records_.cpu(index)}]; }
  std::uint32_t options(std::size_t index) const;
  std::int32_t pid(std::size_t index) const;
  /// The next record of the same CPU, where it is this call's return.
  std::optional<std::size_t> return_of(std::size_t index, std::uint64_t function) const;
  std::string prologue(std::size_t index, std::uint64_t entered);
  std::string process(std::int32_t pid) const;
  std::string cpu(std::size_t index) const;
  std::string call(std::size_t index);
  std::string end(std::size_t index);
  std::string interrupt(std::size_t index, std::uint64_t function, std::string_view arrow);
  std::string duration(std::uint64_t time, std::uint32_t options) const;
  std::string fill(std::uint32_t options) const;
  bool in_interrupt_code(std::uint64_t function) const;

  const EventFormats& formats_;
  const CommandNames& commands_;
  FunctionNames& names_;
  const Records& records_;
  Kind entry_, exit_;
  const EventField* pid_ = nullptr;
  int cpu_digits_ = 1;
  std::uint64_t interrupts_begin_ = 0, interrupts_end_ = 0;
  std::map<std::pair<std::size_t, unsigned>, Cpu> cpus_;
  std::unordered_set<std::size_t> told_;  // returns that were part of their call's line
};

}  // namespace alicia::trace

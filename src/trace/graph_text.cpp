// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/graph_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace alicia::trace {
namespace {

/// The tracer's options, in `tracer_flags.val`.
constexpr std::uint32_t kOverrun = 0x1;
constexpr std::uint32_t kCpu = 0x2;
constexpr std::uint32_t kOverhead = 0x4;
constexpr std::uint32_t kProcess = 0x8;
constexpr std::uint32_t kDuration = 0x10;
constexpr std::uint32_t kAbsoluteTime = 0x20;
constexpr std::uint32_t kInterrupts = 0x80;
constexpr std::uint32_t kTail = 0x100;
constexpr std::uint32_t kUnlessTold = kCpu | kOverhead | kDuration | kInterrupts;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kLookAhead = 65536;

/// What a duration in nanoseconds is marked with.
char mark(std::uint64_t time) {
  constexpr std::array<std::pair<std::uint64_t, char>, 6> marks{
      {{1'000'000'000, '$'}, {100'000'000, '@'}, {10'000'000, '*'}, {1'000'000, '#'}, {100'000, '!'}, {10'000, '+'}}};
  for (const auto& [least, letter] : marks) {
    if (time > least) return letter;
  }
  return ' ';
}

std::string indent(int depth) {
  return std::string(static_cast<std::size_t>(std::clamp(depth, 0, 4096)) * kIndent, ' ');
}

}  // namespace

GraphText::GraphText(target::Target& target, const EventFormats& formats, const CommandNames& commands,
                     FunctionNames& names, const Records& records)
    : formats_(formats), commands_(commands), names_(names), records_(records) {
  entry_ = kind("funcgraph_entry");
  exit_ = kind("funcgraph_exit");
  const auto found = std::ranges::find(formats.common, "common_pid", &EventField::name);
  if (found != formats.common.end()) pid_ = &*found;
  cpu_digits_ = static_cast<int>(fmt::format("{}", std::max(target.possible_cpus(), 1U) - 1).size());
  const auto begin = target.symbol("__irqentry_text_start");
  const auto end = target.symbol("__irqentry_text_end");
  if (begin && end) {
    interrupts_begin_ = begin->address.value;
    interrupts_end_ = end->address.value;
  }
}

GraphText::Kind GraphText::kind(std::string_view name) const {
  Kind kind;
  kind.event = formats_.find("ftrace", name);
  if (kind.event == nullptr) return kind;
  kind.function = kind.event->field("func");
  kind.depth = kind.event->field("depth");
  kind.called = kind.event->field("calltime");
  kind.returned = kind.event->field("rettime");
  kind.overrun = kind.event->field("overrun");
  return kind;
}

std::uint32_t GraphText::options(std::size_t index) const {
  const TraceBuffer& buffer = records_.buffer_of(index);
  return buffer.has_tracer_options && buffer.tracer == "function_graph" ? buffer.tracer_options : kUnlessTold;
}

std::int32_t GraphText::pid(std::size_t index) const {
  return pid_ == nullptr ? 0 : static_cast<std::int32_t>(pid_->in(records_.payload(index)));
}

bool GraphText::in_interrupt_code(std::uint64_t function) const {
  return function >= interrupts_begin_ && function < interrupts_end_;
}

std::optional<std::size_t> GraphText::return_of(std::size_t index, std::uint64_t function) const {
  const std::size_t last = std::min(records_.size(), index + kLookAhead);
  for (std::size_t next = index + 1; next < last; ++next) {
    if (records_.cpu(next) != records_.cpu(index) || records_.buffer(next) != records_.buffer(index)) continue;
    if (exit_.event == nullptr || records_.type(next) != exit_.event->id) return std::nullopt;
    if (pid(next) != pid(index) || exit_.get(exit_.function, records_.payload(next)) != function) return std::nullopt;
    return next;
  }
  return std::nullopt;
}

std::string GraphText::cpu(std::size_t index) const {
  return fmt::format(" {:>{}}) ", records_.cpu(index), cpu_digits_);
}

/// Seven characters of the name and the PID, in the middle of 14.
std::string GraphText::process(std::int32_t pid) const {
  constexpr std::size_t width = 14;
  const std::string text = fmt::format("{}-{}", commands_.find(pid).substr(0, 7), pid);
  const std::size_t spaces = text.size() < width ? width - text.size() : 0;
  return std::string(spaces / 2, ' ') + text + std::string(spaces - spaces / 2, ' ');
}

std::string GraphText::prologue(std::size_t index, std::uint64_t entered) {
  Cpu& cpu_state = state(index);
  const std::int32_t now = pid(index);
  std::string text;
  if (cpu_state.last_pid && *cpu_state.last_pid != now) {
    constexpr std::string_view rule = " ------------------------------------------\n";
    text += fmt::format("{}{}{} => {}\n{}\n", rule, cpu(index), process(*cpu_state.last_pid), process(now), rule);
  }
  cpu_state.last_pid = now;
  if (entered != 0) text += interrupt(index, entered, "==========>");
  const std::uint32_t wanted = options(index);
  if ((wanted & kAbsoluteTime) != 0) {
    const std::uint64_t time = records_.time(index);
    text += fmt::format("{:5}.{:06} |  ", time / 1'000'000'000, time % 1'000'000'000 / 1000);
  }
  if ((wanted & kCpu) != 0) text += cpu(index);
  if ((wanted & kProcess) != 0) text += process(now) + " | ";
  return text;
}

std::string GraphText::interrupt(std::size_t index, std::uint64_t function, std::string_view arrow) {
  if (!in_interrupt_code(function)) return {};
  const std::uint32_t wanted = options(index);
  std::string text;
  if ((wanted & kCpu) != 0) text += cpu(index);
  if ((wanted & kProcess) != 0) text += process(pid(index)) + " | ";
  if ((wanted & kDuration) != 0) text += "  ";
  text += arrow;
  if ((wanted & kDuration) != 0) text += " |";
  return text + "\n";
}

std::string GraphText::duration(std::uint64_t time, std::uint32_t wanted) const {
  if ((wanted & kDuration) == 0) return {};
  std::string digits = fmt::format("{}", time / 1000);
  // Seven digits at most, of which those behind the point may have to go.
  if (digits.size() < 7)
    digits += fmt::format(".{:03}", time % 1000).substr(0, std::min<std::size_t>(4, 8 - digits.size()));
  std::string text{(wanted & kOverhead) != 0 ? mark(time) : ' ', ' '};
  text += digits + " us ";
  if (digits.size() < 8) text += std::string(8 - digits.size(), ' ');
  return text + "|  ";
}

std::string GraphText::fill(std::uint32_t wanted) const {
  return (wanted & kDuration) != 0 ? "              |  " : "";
}

std::string GraphText::call(std::size_t index) {
  const auto record = records_.payload(index);
  const std::uint64_t function = entry_.get(entry_.function, record);
  const int depth = static_cast<int>(entry_.get(entry_.depth, record));
  const std::uint32_t wanted = options(index);
  Cpu& cpu_state = state(index);
  if ((wanted & kInterrupts) == 0) {
    if (cpu_state.interrupt_depth) return {};
    if (in_interrupt_code(function)) {
      cpu_state.interrupt_depth = depth;
      return {};
    }
  }
  std::string text = prologue(index, function);
  const auto returned = return_of(index, function);
  const bool known_depth = depth >= 0 && depth < kDeepest;
  if (!returned) {
    cpu_state.depth = depth;
    if (known_depth) cpu_state.functions[static_cast<std::size_t>(depth)] = function;
    return text + fill(wanted) + indent(depth) + names_.plain(function) + "() {\n";
  }
  told_.insert(*returned);
  cpu_state.depth = depth - 1;
  if (known_depth) cpu_state.functions[static_cast<std::size_t>(depth)] = 0;
  const auto end_record = records_.payload(*returned);
  const std::uint64_t time = exit_.get(exit_.returned, end_record) - exit_.get(exit_.called, end_record);
  text += duration(time, wanted) + indent(depth) + names_.plain(function) + "();\n";
  return text + interrupt(index, function, "<==========");
}

std::string GraphText::end(std::size_t index) {
  if (told_.erase(index) != 0) return {};
  const auto record = records_.payload(index);
  const std::uint64_t function = exit_.get(exit_.function, record);
  const int depth = static_cast<int>(exit_.get(exit_.depth, record));
  const std::uint32_t wanted = options(index);
  Cpu& cpu_state = state(index);
  if ((wanted & kInterrupts) == 0 && cpu_state.interrupt_depth) {
    if (*cpu_state.interrupt_depth >= depth) cpu_state.interrupt_depth.reset();
    return {};
  }
  cpu_state.depth = depth - 1;
  bool matches = true;
  if (depth >= 0 && depth < kDeepest) {
    std::uint64_t& called = cpu_state.functions[static_cast<std::size_t>(depth)];
    matches = called == function;
    called = 0;
  }
  std::string text = prologue(index, 0);
  text += duration(exit_.get(exit_.returned, record) - exit_.get(exit_.called, record), wanted) + indent(depth);
  text += matches && (wanted & kTail) == 0 ? "}\n" : fmt::format("}} /* {} */\n", names_.plain(function));
  if ((wanted & kOverrun) != 0) text += fmt::format(" (Overruns: {})\n", exit_.get(exit_.overrun, record));
  return text + interrupt(index, function, "<==========");
}

std::string GraphText::line(std::size_t index) {
  return entry_.event != nullptr && records_.type(index) == entry_.event->id ? call(index) : end(index);
}

std::string GraphText::comment(std::size_t index, std::string_view text) {
  std::string line = prologue(index, 0) + fill(options(index));
  const int depth = state(index).depth;
  if (depth > 0) line += indent(depth + 1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return fmt::format("{}/* {} */\n", line, text);
}

}  // namespace alicia::trace

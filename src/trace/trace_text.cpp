// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/trace_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "base/bytes.hpp"
#include "trace/binary_printf.hpp"
#include "trace/limits.hpp"
#include "types/value.hpp"

namespace alicia::trace {
namespace {

/// A record's `common_flags`.
constexpr std::uint64_t kInterruptsOff = 0x1;
constexpr std::uint64_t kNeedReschedule = 0x4;
constexpr std::uint64_t kHardInterrupt = 0x8;
constexpr std::uint64_t kSoftInterrupt = 0x10;
constexpr std::uint64_t kPreemptReschedule = 0x20;
constexpr std::uint64_t kNmi = 0x40;
constexpr std::uint64_t kBottomHalvesOff = 0x80;

std::uint64_t common(const EventFormats& formats, std::string_view name, std::span<const std::byte> record) {
  const auto found = std::ranges::find(formats.common, name, &EventField::name);
  return found == formats.common.end() ? 0 : found->in(record);
}

char hexadecimal_or_dot(std::uint64_t nibble) {
  return nibble == 0 ? '.' : "0123456789abcdef"[nibble & 0xfU];
}

/// `d..2.`: interrupts, rescheduling, in which kind of interrupt, depth of preemption and, where the kernel counts it,
/// of migration being disabled.
std::string state_letters(std::uint64_t flags, std::uint64_t preempt_count, bool migration) {
  std::string text;
  const bool bottom_halves_off = (flags & kBottomHalvesOff) != 0;
  if ((flags & kInterruptsOff) != 0) {
    text += bottom_halves_off ? 'D' : 'd';
  } else {
    text += bottom_halves_off ? 'b' : '.';
  }
  const bool need = (flags & kNeedReschedule) != 0;
  const bool preempt = (flags & kPreemptReschedule) != 0;
  text += need ? (preempt ? 'N' : 'n') : (preempt ? 'p' : '.');
  const bool hard = (flags & kHardInterrupt) != 0;
  const bool soft = (flags & kSoftInterrupt) != 0;
  if ((flags & kNmi) != 0) {
    text += hard ? 'Z' : 'z';
  } else if (hard) {
    text += soft ? 'H' : 'h';
  } else {
    text += soft ? 's' : '.';
  }
  text += hexadecimal_or_dot(preempt_count & 0xfU);
  if (migration) text += hexadecimal_or_dot(preempt_count >> 4U & 0xfU);
  return text;
}

/// Whether events tell of disabled bottom halves (whose flag has a name then) and, since the same time, of disabled
/// migration.
bool tells_bottom_halves(target::Target& target) {
  const auto type = target.types().find("enum trace_flag_type");
  return !type || std::ranges::count(target.types().describe(*type).enumerators, "TRACE_FLAG_BH_OFF",
                                     &types::Enumerator::name) != 0;
}

/// Text that ends the record, up to a NUL.
std::string_view rest_of(std::span<const std::byte> record, const EventField* field) {
  if (field == nullptr || field->offset >= record.size()) return {};
  const std::string_view text = as_text(record.subspan(field->offset));
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

}  // namespace

TraceText::TraceText(target::Target& target, const EventFormats& formats, const CommandNames& commands,
                     const Records& records)
    : target_(target),
      formats_(formats),
      commands_(commands),
      records_(records),
      names_(target),
      text_(target, formats, names_, records),
      graph_(target, formats, commands, names_, records),
      started_(records.buffers().size()),
      bottom_halves_(tells_bottom_halves(target)) {}

std::string TraceText::context(std::size_t index) const {
  const TraceBuffer& buffer = records_.buffer_of(index);
  if (!buffer.options.context) return {};
  const auto record = records_.payload(index);
  const auto pid = static_cast<std::int32_t>(common(formats_, "common_pid", record));
  std::string text = fmt::format("{:>16}-{:<7} [{:03}] ", commands_.find(pid), pid, records_.cpu(index));
  if (buffer.options.interrupt_info)
    text += state_letters(common(formats_, "common_flags", record), common(formats_, "common_preempt_count", record),
                          bottom_halves_);
  const std::uint64_t time = records_.time(index);
  if (!buffer.clock.in_nanoseconds) return text + fmt::format(" {:12}: ", time);
  const std::uint64_t microseconds = (time + 500) / 1000;
  return text + fmt::format(" {:5}.{:06}: ", microseconds / 1'000'000, microseconds % 1'000'000);
}

/// Where events were overwritten, each CPU's part begins at another time, and the kernel notes where.
std::string TraceText::note_of_start(std::size_t index) {
  const std::size_t owner = records_.buffer(index);
  const unsigned cpu = records_.cpu(index);
  std::vector<bool>& started = started_[owner];
  const bool is_first = started.empty();
  if (started.size() <= cpu) started.resize(std::size_t{cpu} + 1);
  if (started[cpu]) return {};
  started[cpu] = true;
  const LoadedBuffer& loaded = records_.buffers()[owner];
  const bool overrun = std::ranges::any_of(loaded.ring.cpus, [](const CpuBuffer& part) { return part.overrun != 0; });
  if (is_first || !overrun || !loaded.buffer.options.annotate) return {};
  return fmt::format("##### CPU {} buffer started ####\n", cpu);
}

std::string TraceText::line(std::size_t index) {
  const EventFormat* event = formats_.find(records_.type(index));
  const bool by_graph = records_.buffer_of(index).tracer == "function_graph";
  std::string text;
  if (event == nullptr) {
    text = note_of_start(index) + context(index) + fmt::format("Unknown type {}", records_.type(index));
  } else if (by_graph && graph_.is_graph(*event)) {
    return graph_.line(index);
  } else if (by_graph && event->name != "function" && event->name != "kernel_stack") {
    const bool message_only = event->system == "ftrace";
    std::string said = body(index, *event);
    if (message_only) {
      if (const EventField* ip = event->field("ip"))
        said = said.substr(std::min(
            said.size(), symbol(ip->in(records_.payload(index)), records_.buffer_of(index).options).size() + 2));
    }
    return graph_.comment(index, said);
  } else {
    text = note_of_start(index) + context(index);
    text += graph_.is_graph(*event) ? graph_.line(index) : body(index, *event);
  }
  // What the tracers themselves write ends its own line; all else is given a line's end, whatever it ends in.
  const bool ends_itself = event != nullptr && event->system == "ftrace" && text.ends_with('\n');
  if (!ends_itself) text += '\n';
  return text;
}

std::string TraceText::symbol(std::uint64_t address, const Options& options) {
  if (address == 0) return "0";
  std::string text = options.symbol_offset ? names_.with_offset(address) : names_.bare(address);
  if (text.empty()) text = fmt::format("0x{:08x}", address);
  if (options.symbol_address) text += fmt::format(" <{:016x}>", address);
  return text;
}

std::string TraceText::stack(const EventFormat& event, std::span<const std::byte> record, const Options& options) {
  std::string text = event.name == "user_stack" ? "<user stack trace>\n" : "<stack trace>\n";
  const EventField* caller = event.field("caller");
  if (caller == nullptr) return text;
  for (std::size_t at = caller->offset; fits(at, 8, record.size()); at += 8) {
    const auto address = load<std::uint64_t>(record, at);
    if (address == ~std::uint64_t{0} || (event.name == "user_stack" && address == 0)) break;
    text += event.name == "user_stack" ? fmt::format(" =>  <{:016x}>\n", address)
                                       : fmt::format(" => {}\n", symbol(address, options));
  }
  return text;
}

/// The text that lies where a field of the record points.
const std::string& TraceText::kernel_string(const EventField* field, std::span<const std::byte> record) {
  const std::uint64_t address = field == nullptr ? 0 : field->in(record);
  const auto [entry, is_new] = strings_.try_emplace(address);
  if (is_new) {
    auto text = types::read_string(target_.memory(), VirtualAddress{address}, kMostString);
    entry->second = text ? std::move(*text) : fmt::format("({})", text.error().message);
  }
  return entry->second;
}

/// What the kernel words by code of its own, and not by the print format.
std::string TraceText::own_body(std::size_t index, const EventFormat& event, std::span<const std::byte> record) {
  const Options& options = records_.buffer_of(index).options;
  if (event.syscall) {
    if (event.name.starts_with("sys_exit")) {
      const EventField* value = event.field("ret");
      return fmt::format("{} -> 0x{:x}", event.syscall->name, value == nullptr ? 0 : value->in(record));
    }
    std::string text = event.syscall->name + "(";
    for (std::size_t number = 0; number < event.syscall->arguments.size(); ++number) {
      const std::uint64_t value =
          number + 1 < event.fields.size() ? event.fields[number + 1].in(record) : std::uint64_t{0};
      text += fmt::format("{}{}: {:x}", number == 0 ? "" : ", ", event.syscall->arguments[number], value);
    }
    return text + ")";
  }
  if (event.system != "ftrace") return {};
  const EventField* ip = event.field("ip");
  const std::string place = ip == nullptr ? std::string() : symbol(ip->in(record), options);
  if (event.name == "function") {
    const EventField* parent = event.field("parent_ip");
    const bool with_parent = parent != nullptr && options.print_parent && parent->in(record) != 0;
    return with_parent ? place + " <-" + symbol(parent->in(record), options) : place;
  }
  if (event.name == "print") return fmt::format("{}: {}", place, rest_of(record, event.field("buf")));
  if (event.name == "bputs") return fmt::format("{}: {}", place, kernel_string(event.field("str"), record));
  if (event.name == "bprint") {
    const EventField* arguments = event.field("buf");
    const auto packed = arguments == nullptr || arguments->offset > record.size() ? std::span<const std::byte>()
                                                                                  : record.subspan(arguments->offset);
    return fmt::format("{}: {}", place, format_binary(kernel_string(event.field("fmt"), record), packed, names_));
  }
  if (event.name == "kernel_stack" || event.name == "user_stack") return stack(event, record, options);
  return {};
}

std::string TraceText::body(std::size_t index, const EventFormat& event) {
  const auto record = records_.payload(index);
  std::string text = own_body(index, event, record);
  if (!text.empty()) return text;
  return fmt::format("{}: {}", event.name, text_.text(event, record));
}

std::string TraceText::event_name(std::size_t index) const {
  const EventFormat* event = formats_.find(records_.type(index));
  return event == nullptr ? fmt::format("{}", records_.type(index)) : event->system + ":" + event->name;
}

std::string TraceText::event_text(std::size_t index) {
  const EventFormat* event = formats_.find(records_.type(index));
  if (event == nullptr) return fmt::format("Unknown type {}", records_.type(index));
  const auto record = records_.payload(index);
  std::string text = own_body(index, *event, record);
  return text.empty() ? text_.text(*event, record) : text;
}

std::string TraceText::header(std::size_t buffer) const {
  const LoadedBuffer& loaded = records_.buffers()[buffer];
  std::string text = fmt::format("# tracer: {}\n#\n", loaded.buffer.tracer);
  if (loaded.buffer.tracer == "function_graph") {
    return text +
           "# CPU  DURATION                  FUNCTION CALLS\n"
           "# |     |   |                     |   |   |   |\n";
  }
  std::uint64_t kept = 0, overrun = 0;
  for (const CpuBuffer& cpu : loaded.ring.cpus) {
    kept += cpu.entries - std::min(cpu.entries, cpu.overrun + cpu.read);
    overrun += cpu.overrun;
  }
  text += fmt::format("# entries-in-buffer/entries-written: {}/{}   #P:{}\n#\n", kept, kept + overrun,
                      target_.online_cpus().size());
  text += fmt::format("#                                _-----=> irqs-off{}\n", bottom_halves_ ? "/BH-disabled" : "");
  text +=
      "#                               / _----=> need-resched\n"
      "#                              | / _---=> hardirq/softirq\n"
      "#                              || / _--=> preempt-depth\n";
  if (!bottom_halves_)
    return text +
           "#                              ||| /     delay\n"
           "#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION\n"
           "#              | |         |   ||||      |         |\n";
  return text +
         "#                              ||| / _-=> migrate-disable\n"
         "#                              |||| /     delay\n"
         "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
         "#              | |         |   |||||     |         |\n";
}

}  // namespace alicia::trace

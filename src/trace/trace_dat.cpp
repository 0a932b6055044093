// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace.dat file (trace-cmd.dat.v6(5)): a magic number, byte order and sizes; then what tracefs had in files, each
// behind its length: the layout of sub-buffers and event headers, the formats of the tracers' own events, those of all
// others by system, symbols, the formats of trace_printk, names of tasks; then for each CPU where its sub-buffers lie,
// and those.
#include "trace/trace_dat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "trace/limits.hpp"
#include "trace/page_cursor.hpp"
#include "types/value.hpp"

namespace alicia::trace {
namespace {

constexpr std::size_t kHeader = 16;  // of a sub-buffer, as the file's header_page declares it

constexpr std::string_view kEventHeader =
    "# compressed entry header\n"
    "\ttype_len    :    5 bits\n"
    "\ttime_delta  :   27 bits\n"
    "\tarray       :   32 bits\n"
    "\n"
    "\tpadding     : type == 29\n"
    "\ttime_extend : type == 30\n"
    "\ttime_stamp : type == 31\n"
    "\tdata max type_len  == 28\n";

template <class T>
void number(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A text behind its length.
template <class Length>
void section(std::string& out, std::string_view text) {
  number(out, static_cast<Length>(text.size()));
  out += text;
}

std::string page_layout(std::size_t page_bytes) {
  return fmt::format(
      "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
      "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
      "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
      "\tfield: char data;\toffset:16;\tsize:{};\tsigned:0;\n",
      page_bytes - kHeader);
}

void add_formats(std::string& out, const EventFormats& formats) {
  std::map<std::string, std::vector<const EventFormat*>> systems;
  for (const auto& [id, event] : formats.by_id)
    systems[event.system].push_back(&event);
  const auto own = systems["ftrace"];
  systems.erase("ftrace");
  number(out, static_cast<std::uint32_t>(own.size()));
  for (const EventFormat* event : own)
    section<std::uint64_t>(out, format_text(formats, *event));
  number(out, static_cast<std::uint32_t>(systems.size()));
  for (const auto& [name, events] : systems) {
    out += name;
    out += '\0';
    number(out, static_cast<std::uint32_t>(events.size()));
    for (const EventFormat* event : events)
      section<std::uint64_t>(out, format_text(formats, *event));
  }
}

std::string symbols_text(const target::Target& target) {
  std::string text;
  target.for_each_symbol([&](const symbols::Symbol& symbol) {
    text += fmt::format("{:016x} {} {}", symbol.address.value, symbol.type, symbol.name);
    text += symbol.module.empty() ? "\n" : fmt::format("\t[{}]\n", symbol.module);
    return true;
  });
  return text;
}

/// The formats that records of trace_printk point to, as the file printk_formats has them.
std::string printk_formats(target::Target& target, const EventFormats& formats, const LoadedBuffer& loaded) {
  std::set<std::uint64_t> addresses;
  for (const auto& [event_name, field_name] : {std::pair("bprint", "fmt"), std::pair("bputs", "str")}) {
    const EventFormat* event = formats.find("ftrace", event_name);
    const EventField* field = event == nullptr ? nullptr : event->field(field_name);
    if (field == nullptr) continue;
    for (const CpuBuffer& cpu : loaded.ring.cpus) {
      for (const SubBuffer& page : cpu.pages) {
        const auto data = loaded.ring.data(page);
        PageCursor cursor(data, page.stamp);
        while (const auto found = cursor.next()) {
          const auto record = data.subspan(found->payload, found->size);
          if (record.size() >= 2 && load<std::uint16_t>(record) == event->id && addresses.size() < kMostStrings)
            addresses.insert(field->in(record));
        }
      }
    }
  }
  std::string text;
  for (const std::uint64_t address : addresses) {
    const auto string = types::read_string(target.memory(), VirtualAddress{address}, kMostString);
    if (!string) continue;
    std::string escaped;
    for (const char letter : *string) {
      if (letter == '\n') {
        escaped += "\\n";
      } else if (letter == '\t') {
        escaped += "\\t";
      } else {
        if (letter == '"' || letter == '\\') escaped += '\\';
        escaped += letter;
      }
    }
    text += fmt::format("{:#x} : \"{}\"\n", address, escaped);
  }
  return text;
}

/// A sub-buffer as a page of the file: from the first event that was not consumed to the last that can be made out.
/// Nothing where there is none.
std::string page_of(const RingBuffer& ring, const SubBuffer& page, std::size_t page_bytes) {
  const auto data = ring.data(page);
  PageCursor cursor(data, page.stamp);
  std::optional<RawEvent> first;
  while (const auto event = cursor.next()) {
    if (!first && event->header >= page.read) first = event;
  }
  if (!first) return {};
  const std::size_t end = data.size() - cursor.lost();
  std::size_t begin = 0;
  std::uint64_t stamp = page.stamp;
  if (page.read != 0) {
    begin = first->header;
    stamp = first->time - (load<std::uint32_t>(data, begin) >> 5U);
  }
  std::string out;
  number(out, stamp);
  number(out, static_cast<std::uint64_t>(end - begin));
  out += as_text(data.subspan(begin, end - begin));
  out.resize(std::max(page_bytes, out.size()));
  return out;
}

std::string file_head(target::Target& target, const EventFormats& formats, const CommandNames& commands,
                      const LoadedBuffer& loaded, std::size_t page_bytes) {
  std::string out("\x17\x08\x44tracing6\0", 12);
  out += '\0';  // little-endian
  out += static_cast<char>(target.pointer_bytes());
  number(out, static_cast<std::uint32_t>(page_bytes));
  out += std::string_view("header_page\0", 12);
  section<std::uint64_t>(out, page_layout(page_bytes));
  out += std::string_view("header_event\0", 13);
  section<std::uint64_t>(out, kEventHeader);
  add_formats(out, formats);
  section<std::uint32_t>(out, symbols_text(target));
  section<std::uint32_t>(out, printk_formats(target, formats, loaded));
  std::string names;
  for (const auto& [pid, name] : commands.all())
    names += fmt::format("{} {}\n", pid, name);
  section<std::uint64_t>(out, names);
  return out;
}

}  // namespace

Result<void> write_trace_dat(const std::filesystem::path& path, target::Target& target, const EventFormats& formats,
                             const CommandNames& commands, const LoadedBuffer& loaded,
                             const Cancellation& cancellation) {
  const std::size_t page_bytes = loaded.ring.page_bytes;
  std::string head = file_head(target, formats, commands, loaded, page_bytes);
  std::vector<const CpuBuffer*> cpus;
  for (const CpuBuffer& cpu : loaded.ring.cpus) {
    if (cpus.size() <= cpu.cpu) cpus.resize(std::size_t{cpu.cpu} + 1);
    cpus[cpu.cpu] = &cpu;
  }
  number(head, static_cast<std::uint32_t>(cpus.size()));
  // The clock, in the form of the file trace_clock; without it times are taken for nanoseconds.
  head += std::string_view("options  \0", 10);
  number(head, std::uint16_t{4});
  section<std::uint32_t>(head, fmt::format("[{}]", loaded.buffer.clock.name) + std::string(1, '\0'));
  number(head, std::uint16_t{0});
  head += std::string_view("flyrecord\0", 10);

  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::size_t places = head.size();
  std::uint64_t at = places + cpus.size() * 16;
  at = (at + page_bytes - 1) / page_bytes * page_bytes;
  head.resize(static_cast<std::size_t>(at));
  file.write(head.data(), static_cast<std::streamsize>(head.size()));
  std::string table;
  for (const CpuBuffer* cpu : cpus) {
    std::uint64_t size = 0;
    for (std::size_t page = 0; cpu != nullptr && page < cpu->pages.size(); ++page) {
      if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
      const std::string bytes = page_of(loaded.ring, cpu->pages[page], page_bytes);
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      size += bytes.size();
    }
    number(table, at);
    number(table, size);
    at += size;
  }
  file.seekp(static_cast<std::streamoff>(places));
  file.write(table.data(), static_cast<std::streamsize>(table.size()));
  file.close();
  if (!file)
    return failure(ErrorCode::cannot_open, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  return {};
}

}  // namespace alicia::trace

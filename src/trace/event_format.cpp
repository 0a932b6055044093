// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every event has a `struct trace_event_call` on the list `ftrace_events`; a module's is linked in when the module is
// loaded. Its class has the list of the record's fields, newest first; fields that all records share are on
// `ftrace_common_fields`. What a tracepoint's event is called stands in its `struct tracepoint`, which a symbol
// `__tracepoint_NAME` tells; others have the name where tracepoints' events have the pointer to it.
#include "trace/event_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "trace/limits.hpp"
#include "types/containers.hpp"
#include "types/value.hpp"

namespace alicia::trace {
namespace {

using target::Layout;
using target::Slot;

constexpr std::size_t kMostEvents = 65536;
constexpr std::size_t kMostFields = 1024;
constexpr std::size_t kMostPrintFormat = std::size_t{1} << 16U;
constexpr std::uint64_t kMostArguments = 6;

class FormatReader {
 public:
  static Result<FormatReader> create(target::Target& target, const Cancellation& cancellation);

  Result<EventFormats> read();

 private:
  FormatReader(target::Target& target, const Cancellation& cancellation)
      : target_(target), cancellation_(cancellation) {}

  Result<VirtualAddress> head_of(std::string_view list) const;
  Result<std::vector<EventField>> fields(VirtualAddress head);
  Result<EventField> field(VirtualAddress address);
  Result<VirtualAddress> fields_head(std::span<const std::byte> call, VirtualAddress group);
  Result<EventFormat> event(VirtualAddress address);
  Result<std::string> event_name(VirtualAddress pointer);
  void read_syscall(VirtualAddress metadata, EventFormat& event);
  Result<std::string> text(VirtualAddress address, std::size_t limit);
  Result<std::vector<std::string>> texts(VirtualAddress pointers, std::uint64_t count);
  Result<std::vector<std::byte>> bytes(VirtualAddress address, std::uint64_t size) const;

  target::Target& target_;
  const Cancellation& cancellation_;
  std::uint64_t call_size_ = 0, class_size_ = 0, field_size_ = 0, metadata_size_ = 0;
  Slot class_, name_, type_, print_format_, data_, flags_;  // of trace_event_call
  Slot system_;                                             // of trace_event_class
  std::uint64_t class_fields_ = 0, call_link_ = 0, field_link_ = 0, enter_fields_ = 0;
  Slot field_name_, field_type_, offset_, size_;
  std::optional<Slot> length_;
  types::Field signed_;
  Slot syscall_name_, syscall_number_, arguments_, types_, names_;
  std::optional<Slot> tracepoint_name_;
  std::unordered_map<std::uint64_t, std::string> texts_;
  std::unordered_map<std::uint64_t, std::vector<EventField>> fields_of_class_;
};

Result<FormatReader> FormatReader::create(target::Target& target, const Cancellation& cancellation) {
  FormatReader reader(target, cancellation);
  types::TypeSystem& types = target.types();
  const auto call = Layout::of(types, "struct trace_event_call");
  if (!call) return failure(call);
  const auto group = Layout::of(types, "struct trace_event_class");
  if (!group) return failure(group);
  const auto field = Layout::of(types, "struct ftrace_event_field");
  if (!field) return failure(field);
  reader.call_size_ = call->size();
  reader.class_size_ = group->size();
  reader.field_size_ = field->size();

  std::optional<Error> error;
  const auto find = [&error](const Layout& layout, std::string_view path) {
    auto found = layout.slot(path);
    if (found) return *found;
    if (!error) error = found.error();
    return Slot{};
  };
  reader.call_link_ = find(*call, "list.next").offset;
  reader.class_ = find(*call, "class");
  reader.name_ = find(*call, "name");
  reader.type_ = find(*call, "event.type");
  reader.print_format_ = find(*call, "print_fmt");
  reader.data_ = find(*call, "data");
  reader.flags_ = find(*call, "flags");
  reader.system_ = find(*group, "system");
  reader.class_fields_ = find(*group, "fields.next").offset;
  reader.field_link_ = find(*field, "link.next").offset;
  reader.field_name_ = find(*field, "name");
  reader.field_type_ = find(*field, "type");
  reader.offset_ = find(*field, "offset");
  reader.size_ = find(*field, "size");
  if (const auto length = field->slot("len")) reader.length_ = *length;
  const auto is_signed = field->field("is_signed");
  if (!is_signed) return failure(is_signed);
  reader.signed_ = *is_signed;
  if (error) return tl::unexpected<Error>(*error);

  if (const auto metadata = Layout::of(types, "struct syscall_metadata")) {
    reader.metadata_size_ = metadata->size();
    reader.syscall_name_ = find(*metadata, "name");
    reader.syscall_number_ = find(*metadata, "syscall_nr");
    reader.enter_fields_ = find(*metadata, "enter_fields.next").offset;
    reader.arguments_ = find(*metadata, "nb_args");
    reader.types_ = find(*metadata, "types");
    reader.names_ = find(*metadata, "args");
    if (error) reader.metadata_size_ = 0;
  }
  if (const auto tracepoint = Layout::of(types, "struct tracepoint")) {
    if (const auto name = tracepoint->slot("name")) reader.tracepoint_name_ = *name;
  }
  return reader;
}

Result<std::vector<std::byte>> FormatReader::bytes(VirtualAddress address, std::uint64_t size) const {
  if (size > kMostRecord) return failure(ErrorCode::corrupt, "a struct of tracing is too large to be true");
  std::vector<std::byte> result(static_cast<std::size_t>(size));
  if (auto read = target_.memory().read(address, result); !read) return failure(std::move(read));
  return result;
}

/// A short text, remembered: most are shared by many events.
Result<std::string> FormatReader::text(VirtualAddress address, std::size_t limit) {
  const auto [entry, is_new] = texts_.try_emplace(address.value);
  if (is_new) {
    auto read = types::read_string(target_.memory(), address, limit);
    if (!read) {
      texts_.erase(entry);
      return failure(std::move(read));
    }
    entry->second = std::move(*read);
  }
  return entry->second;
}

Result<VirtualAddress> FormatReader::head_of(std::string_view list) const {
  const auto symbol = target_.symbol(list);
  if (!symbol) return failure(symbol);
  return symbol->address;
}

Result<EventField> FormatReader::field(VirtualAddress address) {
  const auto raw = bytes(address, field_size_);
  if (!raw) return failure(raw);
  EventField result;
  auto name = text(VirtualAddress{field_name_.in(*raw)}, kMostName);
  if (!name) return failure(std::move(name));
  auto type = text(VirtualAddress{field_type_.in(*raw)}, kMostName);
  if (!type) return failure(std::move(type));
  result.name = std::move(*name);
  result.type = std::move(*type);
  result.offset = static_cast<std::uint32_t>(offset_.in(*raw));
  result.size = static_cast<std::uint32_t>(size_.in(*raw));
  if (length_) result.length = static_cast<std::uint32_t>(length_->in(*raw));
  if (!fits(result.offset, result.size, kMostRecord))
    return failure(ErrorCode::corrupt, fmt::format("field {} of an event lies beyond any record", result.name));
  const Slot holder{signed_.bit_offset / 8, 1};
  const auto shifted = holder.in(*raw) >> (signed_.bit_offset % 8);
  result.is_signed = (signed_.bitfield_bits == 0 ? shifted : shifted & 1U) != 0;
  return result;
}

/// The fields on a list, oldest first.
Result<std::vector<EventField>> FormatReader::fields(VirtualAddress head) {
  types::WalkLimits limits;
  limits.most = kMostFields;
  limits.cancellation = &cancellation_;
  const auto walk = types::walk_list(target_.memory(), target_.types(), head, field_link_, limits);
  if (walk.broken) return tl::unexpected<Error>(*walk.broken);
  std::vector<EventField> result;
  for (const VirtualAddress address : walk.entries) {
    auto read = field(address);
    if (!read) return failure(std::move(read));
    result.push_back(std::move(*read));
  }
  std::ranges::reverse(result);
  return result;
}

Result<std::string> FormatReader::event_name(VirtualAddress pointer) {
  const auto symbol = target_.symbol_at(pointer);
  const bool is_tracepoint = symbol && symbol->offset == 0 && symbol->symbol.name.starts_with("__tracepoint_");
  if (!is_tracepoint || !tracepoint_name_) return text(pointer, kMostName);
  const auto name = types::read_pointer(target_.memory(), target_.types(), pointer + tracepoint_name_->offset);
  if (!name) return failure(name);
  return text(*name, kMostName);
}

Result<std::vector<std::string>> FormatReader::texts(VirtualAddress pointers, std::uint64_t count) {
  std::vector<std::string> result;
  for (std::uint64_t index = 0; index < count; ++index) {
    const auto at = types::read_pointer(target_.memory(), target_.types(), pointers + index * target_.pointer_bytes());
    if (!at) return failure(at);
    auto word = text(*at, kMostName);
    if (!word) return failure(std::move(word));
    result.push_back(std::move(*word));
  }
  return result;
}

/// What the kernel prints of a system call's events comes from its description, not from the print format.
void FormatReader::read_syscall(VirtualAddress metadata, EventFormat& event) {
  if (metadata_size_ == 0) return;
  const auto raw = bytes(metadata, metadata_size_);
  if (!raw) return;
  const std::uint64_t count = arguments_.in(*raw);
  auto name = text(VirtualAddress{syscall_name_.in(*raw)}, kMostName);
  if (!name || count > kMostArguments) return;
  auto types = texts(VirtualAddress{types_.in(*raw)}, count);
  auto names = texts(VirtualAddress{names_.in(*raw)}, count);
  if (!types || !names) return;
  event.syscall = SyscallWords{std::move(*name), static_cast<std::int32_t>(syscall_number_.in(*raw)), std::move(*types),
                               std::move(*names)};
}

/// Where the list of an event's fields begins: in its class, but for the entry of a system call, whose fields its
/// description has.
Result<VirtualAddress> FormatReader::fields_head(std::span<const std::byte> call, VirtualAddress group) {
  const VirtualAddress head = group + class_fields_;
  const auto first = types::read_pointer(target_.memory(), target_.types(), head);
  if (!first) return failure(first);
  if (first->value != 0 || metadata_size_ == 0) return head;
  return VirtualAddress{data_.in(call)} + enter_fields_;
}

Result<EventFormat> FormatReader::event(VirtualAddress address) {
  const auto call = bytes(address, call_size_);
  if (!call) return failure(call);
  const VirtualAddress group{class_.in(*call)};
  const auto group_bytes = bytes(group, class_size_);
  if (!group_bytes) return failure(group_bytes);
  EventFormat result;
  const std::uint64_t id = type_.in(*call);
  if (id == 0 || id > 0xffff) return failure(ErrorCode::corrupt, fmt::format("an event has the number {}", id));
  result.id = static_cast<std::uint16_t>(id);
  auto system = text(VirtualAddress{system_.in(*group_bytes)}, kMostName);
  if (!system) return failure(std::move(system));
  auto name = event_name(VirtualAddress{name_.in(*call)});
  if (!name) return failure(std::move(name));
  result.system = std::move(*system);
  result.name = std::move(*name);
  const auto head = fields_head(*call, group);
  if (!head) return failure(head);
  const auto [known, is_new] = fields_of_class_.try_emplace(head->value);
  if (is_new) {
    auto read = fields(*head);
    if (!read) {
      fields_of_class_.erase(known);
      return failure(std::move(read));
    }
    known->second = std::move(*read);
  }
  result.fields = known->second;
  if (const VirtualAddress format{print_format_.in(*call)}; format.value != 0) {
    auto print = types::read_string(target_.memory(), format, kMostPrintFormat);
    if (!print) return failure(std::move(print));
    result.print_format = std::move(*print);
  }
  if (result.system == "syscalls") read_syscall(VirtualAddress{data_.in(*call)}, result);
  result.is_probe = result.field("__probe_ip") != nullptr || result.field("__probe_func") != nullptr;
  return result;
}

Result<EventFormats> FormatReader::read() {
  EventFormats result;
  const auto head = head_of("ftrace_events");
  if (!head) return failure(head);
  const auto common = head_of("ftrace_common_fields");
  if (!common) return failure(common);
  auto shared = fields(*common);
  if (!shared) return failure(std::move(shared));
  result.common = std::move(*shared);
  types::WalkLimits limits;
  limits.most = kMostEvents;
  limits.cancellation = &cancellation_;
  const auto walk = types::walk_list(target_.memory(), target_.types(), *head, call_link_, limits);
  if (walk.broken && walk.broken->code == ErrorCode::interrupted) return tl::unexpected<Error>(*walk.broken);
  if (walk.broken) result.problems.push_back(fmt::format("lost events from the list: {}", walk.broken->message));
  for (const VirtualAddress address : walk.entries) {
    if (cancellation_.requested()) return failure(ErrorCode::interrupted, "interrupted");
    auto read = event(address);
    if (!read) {
      result.problems.push_back(fmt::format("lost the event at {:#x}: {}", address.value, read.error().message));
      continue;
    }
    result.by_id.try_emplace(read->id, std::move(*read));
  }
  return result;
}

/// The kernel writes `type name[length]` of an array, and `type name` of all else.
std::string field_text(const EventField& field) {
  const std::size_t bracket = field.type.starts_with("__data_loc") ? std::string::npos : field.type.find('[');
  const std::string declared =
      bracket == std::string::npos
          ? fmt::format("{} {}", field.type, field.name)
          : fmt::format("{} {}{}", field.type.substr(0, bracket), field.name,
                        field.length == 0 ? field.type.substr(bracket) : fmt::format("[{}]", field.length));
  return fmt::format("\tfield:{};\toffset:{};\tsize:{};\tsigned:{};\n", declared, field.offset, field.size,
                     field.is_signed ? 1 : 0);
}

}  // namespace

std::uint64_t EventField::in(std::span<const std::byte> record) const {
  if (size == 0 || size > 8 || !fits(offset, size, record.size())) return 0;
  std::uint64_t value = 0;
  std::memcpy(&value, record.data() + offset, size);
  if (!is_signed || size == 8) return value;
  const unsigned unused = 64 - 8 * size;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
}

const EventField* EventFormat::field(std::string_view field_name) const {
  const auto found = std::ranges::find(fields, field_name, &EventField::name);
  return found == fields.end() ? nullptr : &*found;
}

const EventFormat* EventFormats::find(std::uint16_t id) const {
  const auto found = by_id.find(id);
  return found == by_id.end() ? nullptr : &found->second;
}

const EventFormat* EventFormats::find(std::string_view system, std::string_view name) const {
  const auto found = std::ranges::find_if(
      by_id, [&](const auto& entry) { return entry.second.system == system && entry.second.name == name; });
  return found == by_id.end() ? nullptr : &found->second;
}

Result<EventFormats> read_event_formats(target::Target& target, const Cancellation& cancellation) {
  auto reader = FormatReader::create(target, cancellation);
  if (!reader) return failure(std::move(reader));
  return reader->read();
}

std::string format_text(const EventFormats& formats, const EventFormat& event) {
  std::string text = fmt::format("name: {}\nID: {}\nformat:\n", event.name, event.id);
  for (const EventField& field : formats.common)
    text += field_text(field);
  text += '\n';
  for (const EventField& field : event.fields)
    text += field_text(field);
  return text + fmt::format("\nprint fmt: {}\n", event.print_format);
}

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
//
// libtraceevent trusts what it is given: it follows offsets that stand in a record without looking at the record's
// size. So each record is copied to the start of a buffer that is longer than any such offset and length can reach, and
// zero behind the record: whatever a damaged record says, what is read is there, and every string ends.
#include "trace/event_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "base/bytes.hpp"
#include "trace/limits.hpp"
#include "trace/print_format.hpp"
#include "types/value.hpp"

extern "C" {
#include <traceevent/event-parse.h>
#include <traceevent/trace-seq.h>
}

namespace alicia::trace {
namespace {

constexpr std::size_t kReach = std::size_t{10} << 16U;  // two 16-bit offsets, and 16 bits' worth of 8 bytes each

/// True of a field whose value is a string's address.
bool is_string_pointer(const EventField& field) {
  return field.size == 8 && (field.type == "const char *" || field.type == "char *");
}

}  // namespace

class EventText::Library {
 public:
  Library(target::Target& target, const EventFormats& formats, FunctionNames& names)
      : target_(target),
        formats_(formats),
        names_(names),
        words_(target),
        handle_(tep_alloc(), &tep_free),
        scratch_(kReach) {
    if (!handle_) throw std::bad_alloc();
    tep_set_loglevel(TEP_LOG_NONE);
    tep_set_long_size(handle_.get(), static_cast<int>(target.pointer_bytes()));
    tep_set_file_bigendian(handle_.get(), TEP_LITTLE_ENDIAN);
    tep_set_local_bigendian(handle_.get(), TEP_LITTLE_ENDIAN);
    tep_set_function_resolver(handle_.get(), &Library::resolve, this);
    trace_seq_init(&line_);
  }
  ~Library() { trace_seq_destroy(&line_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void prepare(const Records& records);
  std::string text(const EventFormat& event, std::span<const std::byte> record);
  std::vector<std::string> not_understood;

 private:
  static char* resolve(void* self, unsigned long long* address, char** module);
  void register_event(const EventFormat& event);
  void register_string(std::uint64_t address);
  std::string fields_of(const EventFormat& event, std::span<const std::byte> record) const;

  target::Target& target_;
  const EventFormats& formats_;
  FunctionNames& names_;
  KernelWords words_;
  std::unique_ptr<tep_handle, void (*)(tep_handle*)> handle_;
  std::vector<std::byte> scratch_;
  std::size_t used_ = 0;
  trace_seq line_{};
  std::unordered_set<std::uint64_t> strings_;
  std::unordered_set<std::uint16_t> understood_;
};

char* EventText::Library::resolve(void* self, unsigned long long* address, char**) {
  auto& library = *static_cast<Library*>(self);
  const bool with_offset = is_marked(*address);
  const std::string& name =
      with_offset ? library.names_.with_offset(unmarked(*address)) : library.names_.plain(*address);
  return const_cast<char*>(name.c_str());  // it is only read
}

/// Tells libtraceevent what text lies at an address of the kernel.
void EventText::Library::register_string(std::uint64_t address) {
  if (address == 0 || strings_.size() >= kMostStrings || !strings_.insert(address).second) return;
  const auto text = types::read_string(target_.memory(), VirtualAddress{address}, kMostString);
  if (text) tep_register_print_string(handle_.get(), text->c_str(), address);
}

void EventText::Library::register_event(const EventFormat& event) {
  EventFormat rewritten = event;
  auto print_format = rewrite_print_format(event, words_);
  if (print_format) {
    rewritten.print_format = std::move(*print_format);
    const std::string text = format_text(formats_, rewritten);
    const auto failed = tep_parse_event(handle_.get(), text.c_str(), text.size(), event.system.c_str());
    const tep_event* parsed = tep_find_event(handle_.get(), event.id);
    if (failed == 0 && parsed != nullptr && (static_cast<unsigned>(parsed->flags) & TEP_EVENT_FL_FAILED) == 0) {
      understood_.insert(event.id);
      return;
    }
  }
  not_understood.push_back(event.system + ":" + event.name);
}

void EventText::Library::prepare(const Records& records) {
  // libtraceevent sorts the strings when the first is looked up, and must not be given more afterwards.
  struct Kind {
    std::vector<const EventField*> strings;
  };
  std::unordered_map<std::uint16_t, Kind> kinds;
  for (std::size_t index = 0; index < records.size(); ++index) {
    const std::uint16_t type = records.type(index);
    auto [entry, is_new] = kinds.try_emplace(type);
    if (is_new) {
      const EventFormat* event = formats_.find(type);
      if (event == nullptr) continue;
      register_event(*event);
      for (const EventField& field : event->fields) {
        if (is_string_pointer(field)) entry->second.strings.push_back(&field);
      }
    }
    for (const EventField* field : entry->second.strings)
      register_string(field->in(records.payload(index)));
  }
}

/// What the kernel prints of an event with the option `fields`.
std::string EventText::Library::fields_of(const EventFormat& event, std::span<const std::byte> record) const {
  std::string text;
  for (const EventField& field : event.fields) {
    if (!text.empty()) text += ' ';
    if (field.size == 0 || field.size > 8 || field.is_dynamic()) {
      text += fmt::format("{}=?", field.name);
    } else if (field.is_signed) {
      text += fmt::format("{}={}", field.name, static_cast<std::int64_t>(field.in(record)));
    } else {
      text += fmt::format("{}={:#x}", field.name, field.in(record));
    }
  }
  return text;
}

std::string EventText::Library::text(const EventFormat& event, std::span<const std::byte> record) {
  if (!understood_.contains(event.id)) return fields_of(event, record);
  const std::size_t size = std::min(record.size(), kMostRecord);
  if (scratch_.size() < size + kReach) scratch_.resize(size + kReach);
  std::ranges::copy(record.first(size), scratch_.begin());
  if (used_ > size) std::ranges::fill(std::span(scratch_).subspan(size, used_ - size), std::byte{0});
  used_ = size;
  tep_record given{};
  given.size = static_cast<int>(size);
  given.record_size = given.size;
  given.data = scratch_.data();
  trace_seq_reset(&line_);
  tep_print_event(handle_.get(), &line_, &given, "%s", TEP_PRINT_INFO);
  trace_seq_terminate(&line_);
  std::string text(line_.buffer, std::min<std::size_t>(line_.len, line_.buffer_size));
  return text;
}

EventText::EventText(target::Target& target, const EventFormats& formats, FunctionNames& names, const Records& records)
    : library_(std::make_unique<Library>(target, formats, names)) {
  library_->prepare(records);
}
EventText::~EventText() = default;

std::string EventText::text(const EventFormat& event, std::span<const std::byte> record) {
  return library_->text(event, record);
}
const std::vector<std::string>& EventText::not_understood() const {
  return library_->not_understood;
}

}  // namespace alicia::trace

// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/lkst_table.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace alicia::trace::lkst {
namespace {

constexpr std::string_view text_of(const char* text) {
  return text == nullptr ? "" : text;
}

EventField field(std::string_view name, const target::Slot& slot, bool is_signed) {
  EventField made;
  made.type = slot.size == 8 ? (is_signed ? "long" : "unsigned long") : (is_signed ? "int" : "unsigned short");
  made.name = name;
  made.offset = static_cast<std::uint32_t>(slot.offset);
  made.size = static_cast<std::uint32_t>(slot.size);
  made.is_signed = is_signed;
  return made;
}

/// Members of the record by LKST's names, as the kept record has them.
namespace kept_as {
constexpr target::Slot pid = kept::kPid;
constexpr target::Slot other_pid = kept::kOtherPid;
constexpr target::Slot arg1 = kept::kArguments[0];
constexpr target::Slot arg2 = kept::kArguments[1];
constexpr target::Slot arg3 = kept::kArguments[2];
}  // namespace kept_as

}  // namespace

std::vector<Definition> definitions() {
  std::vector<Definition> all;
  const auto find = [&all](std::uint16_t id) { return std::ranges::find(all, id, &Definition::id); };
#define LKST_ETYPE_DEF(number, class, name, mnemonic, arg1, arg2, arg3, arg4) \
  all.push_back({number, #name, mnemonic, {text_of(arg1), text_of(arg2), text_of(arg3), text_of(arg4)}, "", ""});
#define LKST_SAME_AS(number, kernel_system, kernel_event) \
  find(number)->system = kernel_system;                   \
  find(number)->event = kernel_event;
#include "lkst/lkst.def"
  std::ranges::sort(all, {}, &Definition::id);
  return all;
}

EventFormats formats() {
  EventFormats formats;
  formats.common = {field("common_type", kept::kType, false), field("common_pid", kept::kPid, true)};
  for (const Definition& definition : definitions()) {
    EventFormat format;
    format.id = definition.id;
    format.system = definition.system.empty() ? "lkst" : definition.system;
    format.name = definition.system.empty() ? definition.mnemonic : definition.event;
    for (std::size_t index = 0; index < std::size(kept::kArguments); ++index)
      format.fields.push_back(field("arg" + std::to_string(index + 1), kept::kArguments[index], false));
    format.fields.push_back(field("other_pid", kept::kOtherPid, true));
    format.fields.push_back(field("serial", kept::kSerial, false));
    format.print_format =
        R"("arg1=0x%lx arg2=0x%lx arg3=0x%lx arg4=0x%lx", REC->arg1, REC->arg2, REC->arg3, REC->arg4)";
    formats.by_id.emplace(format.id, std::move(format));
  }
#define LKST_SAME_FIELD(number, name, member) \
  formats.by_id.at(number).fields.push_back(field(name, kept_as::member, true));
#include "lkst/lkst.def"
  return formats;
}

}  // namespace alicia::trace::lkst

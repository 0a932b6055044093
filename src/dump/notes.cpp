// SPDX-License-Identifier: GPL-3.0-or-later
// ELF notes: name size, content size and type (32 bits each), then name and content, each padded to four bytes; the
// same in 32- and 64-bit files. The kernel names its own `CORE` (NT_PRSTATUS of each processor) and `VMCOREINFO`;
// makedumpfile adds `ERASEINFO`, QEMU `QEMU`.
#include "dump/notes.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/bytes.hpp"

namespace alicia::dump {
namespace {

constexpr std::size_t kMostNotes = 1 << 16;
constexpr std::uint32_t kPrstatus = 1;

constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + 3) & ~std::uint64_t{3};
}

/// Text up to the first NUL.
std::string_view until_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

}  // namespace

std::vector<Note> parse_notes(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kHeader = 12;
  std::vector<Note> notes;
  std::uint64_t at = 0;
  while (fits(at, kHeader, bytes.size()) && notes.size() < kMostNotes) {
    const std::uint64_t name_size = load<std::uint32_t>(bytes, at);
    const std::uint64_t content_size = load<std::uint32_t>(bytes, at + 4);
    const auto type = load<std::uint32_t>(bytes, at + 8);
    if (name_size == 0 && content_size == 0) break;  // padding: the kernel leaves room for processors that never came
    const std::uint64_t content_at = at + kHeader + padded(name_size);
    if (!fits(at + kHeader, name_size, bytes.size()) || !fits(content_at, content_size, bytes.size())) break;
    const auto content = bytes.subspan(content_at, content_size);
    notes.push_back({std::string{until_nul(as_text(bytes.subspan(at + kHeader, name_size)))},
                     type,
                     {content.begin(), content.end()}});
    at = content_at + padded(content_size);
  }
  return notes;
}

void add_notes(DumpInfo& info, std::vector<Note> notes) {
  for (Note& note : notes) {
    if (note.name == "VMCOREINFO" && info.vmcoreinfo.empty()) info.vmcoreinfo = until_nul(as_text(note.content));
    if (note.name == "ERASEINFO" && info.eraseinfo.empty()) info.eraseinfo = until_nul(as_text(note.content));
    info.notes.push_back(std::move(note));
  }
  if (info.release.empty()) info.release = vmcoreinfo_value(info.vmcoreinfo, "OSRELEASE").value_or("");
  if (!info.timestamp) info.timestamp = vmcoreinfo_number(info.vmcoreinfo, "CRASHTIME");
}

std::optional<std::string_view> vmcoreinfo_value(std::string_view vmcoreinfo, std::string_view key) {
  for (std::size_t at = 0; at < vmcoreinfo.size();) {
    const std::size_t end = std::min(vmcoreinfo.find('\n', at), vmcoreinfo.size());
    const std::string_view line = vmcoreinfo.substr(at, end - at);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
      return line.substr(key.size() + 1);
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> vmcoreinfo_number(std::string_view vmcoreinfo, std::string_view key) {
  const auto text = vmcoreinfo_value(vmcoreinfo, key);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (status != std::errc{} || end == text->data()) return std::nullopt;
  return number;
}

Architecture architecture_of_machine(std::string_view machine) {
  if (machine == "x86_64") return Architecture::x86_64;
  if (machine == "aarch64") return Architecture::aarch64;
  if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) return Architecture::i386;
  return Architecture::unknown;
}

Architecture guess_architecture(const DumpInfo& info) {
  const std::string_view text = info.vmcoreinfo;
  if (vmcoreinfo_value(text, "NUMBER(kimage_voffset)") || vmcoreinfo_value(text, "NUMBER(PHYS_OFFSET)")) {
    return Architecture::aarch64;
  }
  if (vmcoreinfo_value(text, "NUMBER(phys_base)") || vmcoreinfo_value(text, "SYMBOL(phys_base)") ||
      vmcoreinfo_value(text, "SYMBOL(init_top_pgt)") || vmcoreinfo_value(text, "SYMBOL(init_level4_pgt)")) {
    return Architecture::x86_64;
  }
  for (const Note& note : info.notes) {
    if (note.name != "CORE" || note.type != kPrstatus) continue;
    switch (note.content.size()) {  // sizeof(struct elf_prstatus)
      case 336: return Architecture::x86_64;
      case 392: return Architecture::aarch64;
      case 144: return Architecture::i386;
      default: break;
    }
  }
  return Architecture::unknown;
}

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
//
// A dump file's VMCOREINFO is a copy of what the kernel keeps in a page of its own (vmcoreinfo_data), and once more,
// for the kernel that will save the dump, behind the header of an ELF note (vmcoreinfo_note). Either is at the
// beginning of a page, and the text begins with the kernel's release.
//
// Specified in the kernel's crash_core.c (vmcore_info.c since 6.9).
#include "target/vmcoreinfo_search.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/page.hpp"
#include "dump/held_pages.hpp"
#include "target/search_limits.hpp"

namespace alicia::target {
namespace {

constexpr std::size_t text_in_note = 12 + 12;  // three numbers and a name
constexpr std::string_view first_key = "OSRELEASE=";
constexpr std::size_t most_found = 4;

}  // namespace

bool is_whole_vmcoreinfo(std::string_view text) {
  const auto belongs = [](char character) { return character == '\n' || (character >= ' ' && character <= '~'); };
  return text.find("SYMBOL(") != std::string_view::npos && text.find(first_key) != std::string_view::npos &&
         std::ranges::all_of(text, belongs);
}

std::vector<std::string> find_vmcoreinfo(const dump::Dump& dump, const Cancellation& cancellation) {
  std::vector<std::string> found;
  std::uint64_t pages = 0;
  std::array<std::byte, page_bytes> bytes{};
  dump::for_each_held(dump, most_frames, cancellation, [&](PageFrame frame) {
    if (!dump.read(PhysicalAddress{frame.value * page_bytes}, bytes)) return true;
    ++pages;
    for (const std::size_t at : {std::size_t{0}, text_in_note}) {
      const std::string_view page = as_text(bytes).substr(at);
      if (!page.starts_with(first_key)) continue;
      const std::string_view text = page.substr(0, page.find('\0'));
      if (is_whole_vmcoreinfo(text)) found.emplace_back(text);
    }
    return pages < most_pages && found.size() < most_found;
  });
  return found;
}

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a frame's struct page lies: in one array, mem_map, or (x86_64) in one in virtual memory, vmemmap_base.
#include <fmt/format.h>

#include "lcrash/commands/commands.hpp"
#include "lcrash/record.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/show_struct.hpp"
#include "target/layout.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::uint64_t kMostFrame = std::uint64_t{1} << 40;

Result<VirtualAddress> page_array(target::Target& target) {
  for (const std::string_view name : {"vmemmap_base", "mem_map"}) {
    const auto symbol = target.symbol(name);
    if (symbol) return types::read_pointer(target.memory(), target.types(), symbol->address);
  }
  return failure(ErrorCode::not_supported, "this kernel's array of pages is not known: give a page's address");
}

std::uint64_t page_frames(const target::Target& target) {
  const dump::DumpInfo& info = target.dump().info();
  return std::min(info.max_page_frame, kMostFrame) * info.page_size / page_size(target);
}

/// `#FRAME`, or an address: of a struct page where it lies among them, else of memory.
Result<VirtualAddress> resolve_page(target::Target& target, const std::string& word) {
  const auto layout = target::Layout::of(target.types(), "struct page");
  if (!layout) return failure(layout);
  const auto array = page_array(target);
  const std::uint64_t frames = page_frames(target);
  if (word.starts_with('#')) {
    const auto frame = parse_number(word);
    if (!array) return failure(array);
    if (!frame || *frame >= std::min(frames, kMostFrame))
      return failure(ErrorCode::bad_argument, fmt::format("{} is no page frame of this dump", word));
    return *array + *frame * layout->size();
  }
  const auto address = resolve_address(target, word);
  if (!address || !array) return address;
  if (*address >= *array && *address - *array < frames * layout->size())
    return *array + (*address - *array) / layout->size() * layout->size();
  const auto found = target.translator().translate(*address);
  if (!found) return failure(found);
  return *array + found->physical.value / page_size(target) * layout->size();
}

Result<void> show(Context& context, VirtualAddress address) {
  const auto page = Record::at(context.target(), "struct page", address);
  if (!page) return failure(page);
  const auto flags = page->number({"flags"});
  if (!flags) return failure(flags);
  const auto count = page->number({"_refcount.counter", "_count.counter", "count.counter"});
  if (!count) return failure(count);
  const auto mapping = page->number({"mapping"});
  const auto index = page->number({"index", "__folio_index"});
  context.print("{} 0x{:016x} {:>6} 0x{:016x} {:>10}\n", context.address(address), *flags,
                static_cast<std::int64_t>(*count), mapping.value_or(0), index.value_or(0));
  return {};
}

}  // namespace

Result<void> run_page(Context& context, const Arguments& arguments) {
  if (arguments.words.empty()) return usage("page");
  bool heading = true;
  for (const std::string& word : arguments.words) {
    const auto page = resolve_page(context.target(), word);
    if (!page) {
      context.complain(page.error());
      continue;
    }
    if (heading)
      context.print("{:<{}} {:<18} {:>6} {:<18} {:>10}\n", "ADDR", context.address_width(), "FLAGS", "COUNT", "MAPPING",
                    "INDEX");
    heading = false;
    auto shown = show(context, *page);
    if (shown && arguments.has('f')) shown = show_struct(context, "struct page", *page, Radix::hexadecimal);
    if (!shown) context.complain(shown.error());
  }
  return {};
}

}  // namespace alicia::lcrash

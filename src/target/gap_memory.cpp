// SPDX-License-Identifier: GPL-3.0-or-later
//
// An ELF file that makedumpfile filtered has a gap for a page that was excluded and for one that was zero. Which it was
// follows from what makedumpfile goes by when it excludes a page (its `-d` levels): pages of the buddy allocator are
// free; pages whose mapping is odd are anonymous; pages on an LRU list or in the swap cache are cache; huge pages are
// user pages. A page that is none of these is never excluded, so that its gap means zeros. For the others the gap stays
// undecided: with a low dump level they may be zero as well.
//
// A free block of 2^n pages is marked in its first page only, with n in `private`; what a compound page is, stands in
// its head, to which `compound_head` of the others points (with bit 0 set).
#include "target/gap_memory.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "base/page.hpp"

namespace alicia::target {
namespace {

constexpr unsigned most_order = 10;

std::optional<std::uint64_t> offset_of(const Vmcoreinfo& vmcoreinfo, std::string_view member) {
  const auto value = vmcoreinfo.decimal("OFFSET(page." + std::string(member) + ")");
  return value && *value >= 0 && *value <= 56 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

/// Page types are the whole of _mapcount up to 6.10, later its highest byte: then the value's other bits are clear.
bool has_type(std::uint32_t mapcount, std::uint32_t type) {
  return (type & 0xffffffU) == 0 ? (mapcount & 0xff000000U) == type : mapcount == type;
}

std::optional<std::uint32_t> type_value(const Vmcoreinfo& vmcoreinfo, std::string_view name) {
  const auto value = vmcoreinfo.number(name);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

}  // namespace

std::optional<GapMemory::Layout> GapMemory::layout_from(const Vmcoreinfo& vmcoreinfo) {
  const auto size = vmcoreinfo.decimal("SIZE(page)");
  const auto flags = offset_of(vmcoreinfo, "flags");
  const auto mapping = offset_of(vmcoreinfo, "mapping");
  const auto mapcount = offset_of(vmcoreinfo, "_mapcount");
  const auto head = offset_of(vmcoreinfo, "compound_head");
  const auto order = offset_of(vmcoreinfo, "private");
  const auto buddy = type_value(vmcoreinfo, "PAGE_BUDDY_MAPCOUNT_VALUE");
  if (size != 64 || !flags || !mapping || !mapcount || !head || !order || !buddy) return std::nullopt;
  Layout layout{64, *flags, *mapping, *mapcount, *head, *order, 0, *buddy, {}, {}, {}, 0};
  for (const std::string_view name : {"PG_lru", "PG_swapcache", "PG_hwpoison"}) {
    const auto bit = vmcoreinfo.number(name);
    if (name == "PG_lru" && !bit) return std::nullopt;
    if (bit && *bit >= 0 && *bit < 64) layout.excluded_flags |= std::uint64_t{1} << *bit;
  }
  layout.huge = type_value(vmcoreinfo, "PAGE_HUGETLB_MAPCOUNT_VALUE");
  layout.offline = type_value(vmcoreinfo, "PAGE_OFFLINE_MAPCOUNT_VALUE");
  layout.destructor = offset_of(vmcoreinfo, "compound_dtor");
  layout.huge_destructor = static_cast<std::uint8_t>(vmcoreinfo.number("HUGETLB_PAGE_DTOR").value_or(0));
  return layout;
}

void GapMemory::judge(const MemoryReader& memory, VirtualAddress vmemmap, const Vmcoreinfo& vmcoreinfo) {
  if (const auto layout = layout_from(vmcoreinfo)) structs_ = Structs{&memory, vmemmap, *layout};
}

std::optional<std::array<std::byte, 64>> GapMemory::struct_page(std::uint64_t frame) const {
  std::array<std::byte, 64> bytes{};
  if (!structs_->memory->read(structs_->base + frame * structs_->layout.size, bytes)) return std::nullopt;
  return bytes;
}

bool GapMemory::is_free(std::uint64_t frame) const {
  for (unsigned order = 0; order <= most_order; ++order) {
    const std::uint64_t first = frame & ~((std::uint64_t{1} << order) - 1);
    if (order != 0 && first == (frame & ~((std::uint64_t{1} << (order - 1)) - 1))) continue;  // looked at already
    const auto page = struct_page(first);
    if (!page || !has_type(load<std::uint32_t>(*page, structs_->layout.mapcount), structs_->layout.buddy)) continue;
    const auto free_order = load<std::uint64_t>(*page, structs_->layout.order);
    if (free_order <= 63 && frame - first < std::uint64_t{1} << free_order) return true;
  }
  return false;
}

bool GapMemory::is_kept(std::uint64_t frame) const {
  const Layout& layout = structs_->layout;
  auto page = struct_page(frame);
  if (!page || is_free(frame)) return false;
  const auto head = load<std::uint64_t>(*page, layout.head);
  if ((head & 1) != 0) {
    const std::uint64_t distance = (head & ~std::uint64_t{1}) - structs_->base.value;
    frame = distance / layout.size;
    page = struct_page(frame);
    if (!page) return false;
  }
  if ((load<std::uint64_t>(*page, layout.flags) & layout.excluded_flags) != 0) return false;
  if ((load<std::uint64_t>(*page, layout.mapping) & 1) != 0) return false;
  const auto mapcount = load<std::uint32_t>(*page, layout.mapcount);
  if ((layout.huge && has_type(mapcount, *layout.huge)) || (layout.offline && has_type(mapcount, *layout.offline)))
    return false;
  if (layout.destructor && layout.huge_destructor != 0) {
    const auto second = struct_page(frame + 1);
    if (!second) return false;
    const bool is_compound = (load<std::uint64_t>(*second, layout.head) & 1) != 0;
    if (is_compound && load<std::uint8_t>(*second, *layout.destructor) == layout.huge_destructor) return false;
  }
  return true;
}

Result<void> GapMemory::read(PhysicalAddress address, std::span<std::byte> out) const {
  auto whole = dump_.read(address, out);
  if (whole || whole.error().code != ErrorCode::absent_or_zero || !structs_) return whole;
  for (std::size_t done = 0; done < out.size();) {
    const PhysicalAddress here = address + done;
    const auto piece =
        out.subspan(done, std::min<std::size_t>(out.size() - done, page_bytes - here.value % page_bytes));
    if (auto read = dump_.read(here, piece); !read) {
      if (read.error().code != ErrorCode::absent_or_zero || !is_kept(here.value / page_bytes)) return read;
      // A page may be memory at its beginning only.
      const auto last = dump_.read(here + (piece.size() - 1), piece.last(1));
      if (!last && last.error().code != ErrorCode::absent_or_zero) return last;
      std::ranges::fill(piece, std::byte{0});
    }
    done += piece.size();
  }
  return {};
}

}  // namespace alicia::target

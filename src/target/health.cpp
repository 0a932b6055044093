// SPDX-License-Identifier: GPL-3.0-or-later
//
// A dump's filter leaves out what a dump level names: zero pages, page cache, user pages, free pages. It knows them by
// the kernel's struct pages, whose meaning changes from kernel to kernel; a filter older than the kernel takes pages
// for what they are not. makedumpfile before 1.7.7 asks a slab page's struct page for `mapping`, where since Linux 6.10
// the slab's own members lie, and leaves it out as a user page when they happen to be odd. Nothing in the file tells: a
// list just ends too early. So some pages of each kind that has to be there are looked for when a dump is opened.
//
// Only what is surely the kernel's counts. In an ELF file a gap may be a page of zeros, and is no loss.
#include "target/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "base/page.hpp"
#include "target/target.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t most_table_bytes = std::uint64_t{128} << 20;
constexpr std::uint64_t sampled_pages = 64;  // of each table and each CPU's data, at most
// Pages of struct pages, of which each takes some 30 µs to decompress. More where a filter is known to err.
constexpr std::uint64_t sampled_descriptors = 24;
constexpr std::uint64_t suspected_descriptors = 96;

/// What tells a slab page by its struct page.
struct SlabMark {
  std::uint64_t flag = 0;             // bit of flags, or
  std::optional<std::uint32_t> type;  // the page type
  std::uint64_t flags_at = 0, type_at = 48, head_at = 8;

  bool marks(std::span<const std::byte> page) const {
    if (flag != 0 && (load<std::uint64_t>(page, flags_at) & flag) != 0) return true;
    if (!type) return false;
    // The highest byte, since 6.11; before, a mask that is cleared.
    return (load<std::uint32_t>(page, type_at) & 0xff000000U) == *type;
  }
};

class Examiner {
 public:
  Examiner(const Target& target, HealthScope scope, const Cancellation& cancellation)
      : target_(target), all_(scope == HealthScope::all), cancellation_(cancellation) {}

  Health run() {
    tables();
    per_cpu_data();
    page_tables();
    slabs();
    std::erase_if(health_.items, [](const HealthItem& item) { return item.examined == 0; });
    std::vector<std::string> cut_off;  // by a file that isn't whole
    for (const HealthItem& item : health_.items) {
      if (item.missing == 0) continue;
      if (item.first->code == ErrorCode::page_truncated)
        cut_off.push_back(count(item));
      else
        health_.warnings.push_back(warning(item));
    }
    if (!cut_off.empty())
      health_.cut_off = fmt::format("missing with the rest of the file: {}", fmt::join(cut_off, ", "));
    return std::move(health_);
  }

 private:
  using Place = std::optional<VirtualAddress>;

  Place place(std::string_view symbol) const {
    const auto found = target_.kernel_symbol(symbol);
    return found ? Place(found->address) : std::nullopt;
  }

  HealthItem& item(std::string what) {
    const auto known = std::ranges::find(health_.items, what, &HealthItem::what);
    return known != health_.items.end() ? *known : health_.items.emplace_back(HealthItem{std::move(what), 0, 0, {}});
  }

  static void note(HealthItem& item, const Error& error, std::uint64_t address) {
    if (item.missing++ != 0) return;
    item.first = error;
    item.first->address = address;
  }

  /// Whether the page at `address` can be read, without reading it where the file tells.
  Result<void> is_there(VirtualAddress address) const {
    const auto found = target_.translator().translate(address);
    if (!found) return failure(found);
    auto held = target_.dump().holds(PageFrame{found->physical.value / target_.dump().info().page_size});
    if (held || held.error().code != ErrorCode::absent_or_zero) return held;
    std::byte byte{};
    auto read = target_.memory().read(address, std::span(&byte, 1));
    if (!read && read.error().code == ErrorCode::absent_or_zero) return {};
    return read;
  }

  void look_at(HealthItem& item, VirtualAddress begin, std::uint64_t bytes, bool at_all = false) {
    if (bytes == 0 || bytes > most_table_bytes) return;
    const std::uint64_t first = begin.value / page_bytes;
    const std::uint64_t pages = (begin.value + bytes - 1) / page_bytes - first + 1;
    const std::uint64_t step = all_ || at_all ? 1 : std::max<std::uint64_t>(pages / sampled_pages, 1);
    for (std::uint64_t page = 0; page < pages && !cancellation_.requested(); page += step) {
      const VirtualAddress address{(first + page) * page_bytes};
      ++item.examined;
      if (const auto there = is_there(address); !there) note(item, there.error(), address.value);
    }
  }

  void look_between(std::string what, std::string_view from, std::string_view to, bool at_all = false) {
    const auto begin = place(from), end = place(to);
    if (begin && end && *begin < *end) look_at(item(std::move(what)), *begin, *end - *begin, at_all);
  }

  std::uint64_t number_at(std::string_view symbol, std::size_t bytes) const {
    std::array<std::byte, 8> content{};
    const auto address = place(symbol);
    if (!address || !target_.memory().read(*address, std::span(content).first(bytes))) return 0;
    return load<std::uint64_t>(content);
  }

  void tables() {
    std::vector<VirtualAddress> kallsyms;
    for (const std::string_view name : {"names", "num_syms", "token_table", "token_index", "offsets", "relative_base"})
      if (const auto found = target_.vmcoreinfo().symbol(fmt::format("kallsyms_{}", name))) kallsyms.push_back(*found);
    if (kallsyms.size() == 6) {
      const auto [first, last] = std::ranges::minmax(kallsyms);
      look_at(item("pages of the symbol table (kallsyms)"), first, last - first + 512);
    }
    // One page of these may cost much; looking at all takes a millisecond.
    look_between("pages of the kernel's types (BTF)", "__start_BTF", "__stop_BTF", true);
    look_between("pages of the kernel's constants", "__start_rodata", "__end_rodata", true);
    look_between("pages of kernel data", "_sdata", "_edata", true);
    look_between("pages of kernel text", "_stext", "_etext");
    const unsigned width = target_.pointer_bytes();
    if (const auto offsets = place("__per_cpu_offset"))
      look_at(item("pages of per-CPU offsets"), *offsets, std::uint64_t{target_.possible_cpus()} * width);
    if (const auto log = number_at("log_buf", width); log != 0)
      look_at(item("pages of the kernel log"), VirtualAddress{log}, number_at("log_buf_len", 4));
  }

  void per_cpu_data() {
    const auto begin = place("__per_cpu_start"), end = place("__per_cpu_end");
    if (!begin || !end || *end <= *begin) return;
    HealthItem& data = item("pages of per-CPU data");
    const unsigned cpus = all_ ? target_.possible_cpus() : std::min(target_.possible_cpus(), 16U);
    for (unsigned cpu = 0; cpu < cpus && !cancellation_.requested(); ++cpu)
      if (const auto offset = target_.per_cpu_offset(cpu)) look_at(data, *begin + *offset, *end - *begin);
  }

  /// Every address below translates or is unmapped; what ends at a page that isn't there lost a table.
  void translate(HealthItem& item, VirtualAddress begin, std::uint64_t bytes, std::uint64_t step) {
    if (!all_) step = std::max(step, bytes / sampled_pages);
    for (std::uint64_t at = 0; at < bytes && !cancellation_.requested(); at += step) {
      ++item.examined;
      const auto found = target_.translator().translate(begin + at);
      if (!found && found.error().code != ErrorCode::unmapped) note(item, found.error(), (begin + at).value);
    }
  }

  void page_tables() {
    constexpr std::uint64_t big_page = std::uint64_t{2} << 20;
    HealthItem& tables = item("walks of page tables");
    const unsigned width = target_.pointer_bytes();
    const std::uint64_t memory = target_.dump().info().max_page_frame * page_bytes;
    if (const auto direct = number_at("page_offset_base", width); direct != 0)
      translate(tables, VirtualAddress{direct}, memory, big_page);
    if (const auto structs = number_at("vmemmap_base", width); structs != 0)
      translate(tables, VirtualAddress{structs}, memory / page_bytes * 64, big_page);
    const auto begin = place("_stext"), end = place("_end");
    if (begin && end && *begin < *end && *end - *begin < most_table_bytes)
      translate(tables, *begin, *end - *begin, page_bytes);
  }

  std::optional<SlabMark> slab_mark() const {
    const Vmcoreinfo& info = target_.vmcoreinfo();
    const auto offset = [&](std::string_view member) -> std::optional<std::uint64_t> {
      const auto value = info.decimal(fmt::format("OFFSET(page.{})", member));
      return value && *value >= 0 && *value <= 56 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
    };
    const auto flags = offset("flags"), mapcount = offset("_mapcount"), head = offset("compound_head");
    if (info.decimal("SIZE(page)") != 64 || !flags || !mapcount || !head) return std::nullopt;
    SlabMark mark{0, {}, *flags, *mapcount, *head};
    if (const auto bit = info.number("PG_slab"); bit && *bit >= 0 && *bit < 64) mark.flag = std::uint64_t{1} << *bit;
    if (const auto type = info.number("PAGE_SLAB_MAPCOUNT_VALUE")) {
      if ((static_cast<std::uint32_t>(*type) & 0xffffffU) != 0) return std::nullopt;  // 6.10 alone
      mark.type = static_cast<std::uint32_t>(*type);
    }
    return mark.flag != 0 || mark.type ? std::optional(mark) : std::nullopt;
  }

  void slabs() {
    const auto mark = slab_mark();
    const VirtualAddress structs{number_at("vmemmap_base", target_.pointer_bytes())};
    if (!mark || structs.value == 0) return;
    HealthItem& descriptors = item("pages of page descriptors");
    HealthItem slab{"slab pages", 0, 0, {}};
    const std::uint64_t pages = target_.dump().info().max_page_frame / 64 + 1;
    const std::uint64_t most = mark->type ? suspected_descriptors : sampled_descriptors;
    const std::uint64_t step = all_ ? 1 : std::max<std::uint64_t>(pages / most, 1);
    std::array<std::byte, page_bytes> bytes{};
    for (std::uint64_t page = step / 2; page < pages && !cancellation_.requested(); page += step) {
      const auto read = target_.memory().read(structs + page * page_bytes, bytes);
      if (!read && read.error().code == ErrorCode::unmapped) continue;  // no memory there
      ++descriptors.examined;
      if (read)
        look_at_slabs(slab, *mark, bytes, structs, page * 64);
      else if (read.error().code != ErrorCode::absent_or_zero)
        note(descriptors, read.error(), (structs + page * page_bytes).value);
    }
    health_.items.push_back(std::move(slab));
  }

  /// @param bytes the struct pages of 64 frames, from `first` on
  void look_at_slabs(HealthItem& slab, const SlabMark& mark, std::span<const std::byte> bytes, VirtualAddress structs,
                     std::uint64_t first) const {
    for (std::uint64_t index = 0; index < 64; ++index) {
      auto page = bytes.subspan(index * 64, 64);
      const auto head = load<std::uint64_t>(page, mark.head_at);
      if ((head & 1) != 0) {  // a later page of several: the first one's struct page tells
        const std::uint64_t distance = (head & ~std::uint64_t{1}) - (structs + first * 64).value;
        if (distance % 64 != 0 || distance / 64 >= 64) continue;
        page = bytes.subspan(distance, 64);
      }
      if (!mark.marks(page)) continue;
      ++slab.examined;
      const std::uint64_t physical = (first + index) * page_bytes;
      const auto held = target_.dump().holds(PageFrame{first + index});
      if (!held && held.error().code != ErrorCode::absent_or_zero) note(slab, held.error(), physical);
    }
  }

  std::string count(const HealthItem& item) const {
    return fmt::format("{} of {} {}{}", grouped(item.missing), grouped(item.examined), item.what,
                       all_ ? "" : " looked at");
  }

  std::string warning(const HealthItem& item) const {
    const std::string missing = count(item) + " missing: ";
    const bool by_type = target_.vmcoreinfo().number("PAGE_SLAB_MAPCOUNT_VALUE").has_value();
    if (item.first->code == ErrorCode::page_excluded && item.what == "slab pages" && by_type)
      return missing + "filtered by a makedumpfile older than this kernel; use -d 23 or makedumpfile 1.7.7";
    if (item.first->code == ErrorCode::page_excluded)
      return missing + "excluded by the program that filtered the dump, which no dump level asks for";
    return missing + item.first->message;
  }

  static std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;)
      text.insert(at -= 3, 1, ',');
    return text;
  }

  const Target& target_;
  bool all_;
  const Cancellation& cancellation_;
  Health health_;
};

}  // namespace

Health examine(const Target& target, HealthScope scope, const Cancellation& cancellation) {
  return Examiner(target, scope, cancellation).run();
}

}  // namespace alicia::target

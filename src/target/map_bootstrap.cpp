// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a kernel is opened whose dump has no VMCOREINFO, as LKCD's have none: from its System.map.
//
// A kernel is moved in steps of two MiB, in physical memory and, on x86_64, in virtual memory too; so its banner,
// `Linux version …`, lies at one of few places in physical memory. Whatever is at a known distance from it in
// System.map is at that distance in memory, the top page table among them; and by the tables the virtual address is
// found that leads to the banner. That the right place was found is proved by the top table, which has to map its own
// address to itself.
//
// Kernels since 2.6.24 keep their VMCOREINFO in memory, for kdump: then that is what the dump lacks. For older ones it
// is made of what was found, under the names the real one has.
#include "target/map_bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>

#include "arch/i386/page_tables.hpp"
#include "arch/translated_memory.hpp"
#include "arch/x86_64/page_tables.hpp"
#include "base/bytes.hpp"
#include "target/paging_of.hpp"

namespace alicia::target {
namespace {

using dump::Architecture;

constexpr std::string_view banner_begin = "Linux version ";
constexpr std::uint64_t usual_step = std::uint64_t{2} << 20;
constexpr std::uint64_t smallest_step = 0x2000;  // i386's smallest CONFIG_PHYSICAL_ALIGN
constexpr std::size_t most_vmcoreinfo = 4096;

/// The kernel, found in physical memory.
struct Found {
  std::unique_ptr<arch::Translator> tables;
  std::uint64_t offset = 0;  // what is added to an address in System.map
  std::string lines;         // of VMCOREINFO, about how addresses are translated
};

class Search {
 public:
  Search(const dump::Dump& dump, const symbols::SymbolSource& linked, const Cancellation& cancellation)
      : dump_(dump), linked_(linked), cancellation_(cancellation) {}

  Result<Found> run() {
    const Architecture architecture = dump_.info().architecture;
    if (architecture != Architecture::x86_64 && architecture != Architecture::i386)
      return failure(ErrorCode::not_supported,
                     fmt::format("a dump of an {} kernel without VMCOREINFO", dump::architecture_name(architecture)));
    const auto banner = linked_.find("linux_banner");
    if (!banner) return failure(ErrorCode::no_such_symbol, "the map does not name linux_banner");
    const auto root = top_table();
    if (!root) return failure(ErrorCode::no_such_symbol, "the map does not name the kernel's page tables");
    banner_ = banner->address;
    root_ = *root;
    if (auto found = look(architecture, usual_step)) return std::move(*found);
    if (architecture == Architecture::i386)
      if (auto found = look(architecture, smallest_step)) return std::move(*found);
    if (cancellation_.requested()) return failure(ErrorCode::interrupted, "interrupted");
    return failure(ErrorCode::corrupt, banners_ == 0 ? "the dump has no Linux banner where the map's kernel has it"
                                                     : "the dump has no page tables where the map's kernel has them");
  }

 private:
  std::optional<VirtualAddress> top_table() const {
    for (const std::string_view name : {"init_top_pgt", "swapper_pg_dir", "init_level4_pgt"})
      if (const auto symbol = linked_.find(name)) return symbol->address;
    return std::nullopt;
  }

  /// Every place at which the banner can lie.
  std::optional<Found> look(Architecture architecture, std::uint64_t step) {
    const std::uint64_t end = dump_.info().max_page_frame * dump_.info().page_size;
    for (std::uint64_t at = banner_.value % step; at < end; at += step) {
      if (cancellation_.requested()) return std::nullopt;
      const PhysicalAddress physical{at};
      if (!is_banner(physical)) continue;
      ++banners_;
      auto found = architecture == Architecture::i386 ? try_i386(physical) : try_x86_64(physical);
      if (found) return found;
    }
    return std::nullopt;
  }

  bool is_banner(PhysicalAddress physical) const {
    std::array<std::byte, 80> bytes{};
    const std::string expected = std::string(banner_begin) + dump_.info().release;
    const auto part = std::span(bytes).first(std::min(expected.size(), bytes.size()));
    return dump_.read(physical, part) && as_text(part) == expected.substr(0, part.size());
  }

  std::optional<Found> try_x86_64(PhysicalAddress banner) const {
    using arch::x86_64::kernel_text_base;
    constexpr std::array<std::uint64_t, 4> masks{0, std::uint64_t{1} << 47, std::uint64_t{1} << 51,
                                                 std::uint64_t{1} << 43};
    const PhysicalAddress root{banner.value + (root_ - banner_)};
    for (const std::uint64_t mask : masks) {
      for (const bool five_levels : {false, true}) {
        auto tables =
            std::make_unique<arch::x86_64::PageTables>(dump_, root, arch::x86_64::PagingMode{five_levels, mask});
        for (std::uint64_t distance = (banner_ - kernel_text_base) % usual_step; distance < std::uint64_t{1} << 30;
             distance += usual_step) {
          const VirtualAddress virtual_banner = kernel_text_base + distance;
          const auto led = tables->translate(virtual_banner);
          if (!led || led->physical != banner) continue;
          const std::uint64_t offset = virtual_banner - banner_;
          if (!check_own_mapping(*tables, root_ + offset, root)) continue;
          const auto phys_base = static_cast<std::int64_t>(banner.value - distance);
          return Found{std::move(tables), offset,
                       fmt::format("NUMBER(phys_base)={}\nSYMBOL(init_top_pgt)={:x}\nNUMBER(pgtable_l5_enabled)={}\n"
                                   "NUMBER(sme_mask)={}\n",
                                   phys_base, (root_ + offset).value, five_levels ? 1 : 0, mask)};
        }
      }
    }
    return std::nullopt;
  }

  std::optional<Found> try_i386(PhysicalAddress banner) const {
    constexpr std::array<std::uint64_t, 5> page_offsets{0xc0000000, 0xb0000000, 0x80000000, 0x78000000, 0x40000000};
    const PhysicalAddress root{(banner.value + (root_ - banner_)) & 0xffffffff};
    for (const std::uint64_t page_offset : page_offsets) {
      const std::uint64_t offset = (banner.value + page_offset - banner_.value) & 0xffffffff;
      const VirtualAddress moved{(root_.value + offset) & 0xffffffff};
      for (const bool pae : {true, false}) {
        auto tables = std::make_unique<arch::i386::PageTables>(dump_, root, pae);
        if (!check_own_mapping(*tables, moved, root)) continue;
        return Found{std::move(tables), offset,
                     fmt::format("SYMBOL(swapper_pg_dir)={:x}\n{}", moved.value, pae ? "CONFIG_X86_PAE=y\n" : "")};
      }
    }
    return std::nullopt;
  }

  const dump::Dump& dump_;
  const symbols::SymbolSource& linked_;
  const Cancellation& cancellation_;
  VirtualAddress banner_, root_;
  unsigned banners_ = 0;
};

/// The kernel's own text: a page that vmcoreinfo_data points to, or, before 4.13, is.
std::optional<std::string> kernels_own(const MemoryReader& memory, std::optional<VirtualAddress> variable,
                                       unsigned pointer_bytes) {
  if (!variable) return std::nullopt;
  std::uint64_t pointer = 0;
  const bool has_pointer =
      static_cast<bool>(memory.read(*variable, std::as_writable_bytes(std::span(&pointer, 1)).first(pointer_bytes)));
  for (const VirtualAddress at : {VirtualAddress{pointer}, *variable}) {
    if (!has_pointer) continue;
    std::string text(most_vmcoreinfo, '\0');
    if (!memory.read(at, std::as_writable_bytes(std::span(text)))) continue;
    text.resize(std::min(text.find('\0'), text.size()));
    if (text.starts_with("OSRELEASE=")) return text;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> recover_vmcoreinfo(const dump::Dump& dump, const symbols::SymbolSource& linked,
                                       const Cancellation& cancellation) {
  const auto found = Search(dump, linked, cancellation).run();
  if (!found) return failure(found);
  const bool narrow = dump.info().architecture == Architecture::i386;
  const auto moved = [&](std::string_view name) -> std::optional<VirtualAddress> {
    const auto symbol = linked.find(name);
    if (!symbol) return std::nullopt;
    const VirtualAddress at = symbol->address + found->offset;
    return narrow ? VirtualAddress{at.value & 0xffffffff} : at;
  };
  const arch::TranslatedMemory memory(dump, *found->tables);
  if (auto own = kernels_own(memory, moved("vmcoreinfo_data"), narrow ? 4 : 8)) return std::move(*own);
  std::string text = fmt::format("OSRELEASE={}\nPAGESIZE={}\nKERNELOFFSET={:x}\n{}", dump.info().release,
                                 dump.info().page_size, found->offset, found->lines);
  for (const std::string_view name :
       {"_stext", "init_uts_ns", "prb", "node_online_map", "kallsyms_names", "kallsyms_num_syms",
        "kallsyms_token_table", "kallsyms_token_index", "kallsyms_offsets", "kallsyms_relative_base"})
    if (const auto at = moved(name)) fmt::format_to(std::back_inserter(text), "SYMBOL({})={:x}\n", name, at->value);
  return text;
}

}  // namespace alicia::target

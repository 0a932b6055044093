// SPDX-License-Identifier: GPL-3.0-or-later
//
// How translated memory begins. VMCOREINFO gives the virtual address of the kernel's top page table (init_top_pgt, also
// called swapper_pg_dir), which lies in the kernel image, and NUMBER(phys_base), the distance between where the image
// lies and where it was linked to lie. So that one address can be had without page tables, and with it all others.
//
// Kernels before 4.10 don't give phys_base. Then an ELF dump's segment of the image does, or a search: the image lies
// at a multiple of 2 MiB, and only the right table maps its own address to itself.
//
// In a damaged dump the top table may be missing, or another page may stand in its place. Every address space maps the
// kernel, so another's top table does as well (top_table_search.cpp); without any, what lies in a row can be read
// (linear_fallback.hpp).
#include "target/paging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "arch/x86_64/page_tables.hpp"
#include "base/bytes.hpp"
#include "target/linear_fallback.hpp"
#include "target/paging_of.hpp"
#include "target/top_table_search.hpp"

namespace alicia::target {
namespace {

using arch::x86_64::kernel_text_base;
using arch::x86_64::kernel_text_physical;
using arch::x86_64::PageTables;
using arch::x86_64::PagingMode;

std::string architecture_of(const dump::Dump& dump) {
  if (dump.info().architecture == dump::Architecture::unknown && !dump.info().machine.empty())
    return dump.info().machine;
  return std::string(dump::architecture_name(dump.info().architecture));
}

std::optional<VirtualAddress> top_table(const Vmcoreinfo& vmcoreinfo) {
  for (const std::string_view name : {"init_top_pgt", "swapper_pg_dir", "init_level4_pgt"})
    if (const auto symbol = vmcoreinfo.symbol(name); symbol && *symbol >= kernel_text_base) return symbol;
  return std::nullopt;
}

std::optional<std::int64_t> phys_base_from_segments(const dump::Dump& dump) {
  for (const dump::VirtualSegment& segment : dump.info().segments)
    if (segment.begin >= kernel_text_base)
      return static_cast<std::int64_t>(segment.physical.value - (segment.begin - kernel_text_base));
  return std::nullopt;
}

std::optional<std::int64_t> phys_base_of_header(const dump::Dump& dump) {
  const auto phys_base = dump.info().phys_base;
  if (!phys_base || *phys_base == 0) return std::nullopt;
  return static_cast<std::int64_t>(*phys_base);
}

Result<std::int64_t> search_phys_base(const dump::Dump& dump, VirtualAddress root, PagingMode mode,
                                      const Cancellation& cancellation) {
  constexpr std::uint64_t alignment = std::uint64_t{2} << 20;
  const std::uint64_t distance = root - kernel_text_base;
  const std::uint64_t end = dump.info().max_page_frame * std::uint64_t{4096};
  for (std::uint64_t physical = distance % alignment; physical < end; physical += alignment) {
    if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    const PhysicalAddress candidate{physical};
    if (check_own_mapping(PageTables(dump, candidate, mode), root, candidate))
      return static_cast<std::int64_t>(physical - distance);
  }
  return failure(ErrorCode::corrupt,
                 "VMCOREINFO has no phys_base and the kernel's page tables were not found in the dump");
}

/// The encryption bits of AMD's processors, tried where VMCOREINFO (before 5.1) doesn't say.
constexpr std::array<std::uint64_t, 3> encryption_masks{std::uint64_t{1} << 47, std::uint64_t{1} << 51,
                                                        std::uint64_t{1} << 43};

/// Page tables, and whether they are the kernel's.
struct Attempt {
  PagingMode mode;
  std::int64_t phys_base = 0;
  std::optional<Error> wrong;  ///< how they failed to map their own address

  PhysicalAddress physical(VirtualAddress root) const { return kernel_text_physical(root, phys_base); }
};

/// A table that isn't in the dump; one that leads out of memory is another kernel's, encrypted or damaged.
bool is_missing(const Error& error) {
  return !absence_reason(error.code).empty() && error.code != ErrorCode::no_memory_there;
}

/// Error: where the kernel lies is not known.
Result<Attempt> attempt(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo, VirtualAddress root, PagingMode mode,
                        const Cancellation& cancellation) {
  std::optional<Attempt> first;
  // The kdump header's is 0 where the program that wrote it didn't know.
  for (const auto& phys_base :
       {vmcoreinfo.number("phys_base"), phys_base_from_segments(dump), phys_base_of_header(dump)}) {
    if (!phys_base) continue;
    Attempt made{mode, *phys_base, {}};
    auto good = check_own_mapping(PageTables(dump, made.physical(root), mode), root, made.physical(root));
    if (good) return made;
    made.wrong = Error{good.error().code, fmt::format("the kernel's page tables: {}", good.error().message),
                       good.error().address};
    if (!first) first = std::move(made);
  }
  if (first) return *std::move(first);
  auto found = search_phys_base(dump, root, mode, cancellation);
  if (!found) return failure(std::move(found));
  return Attempt{mode, *found, {}};
}

/// Whether the kernel's image lies where phys_base says: its own name is the one that VMCOREINFO has.
bool names_itself(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo, std::int64_t phys_base) {
  const auto names = vmcoreinfo.symbol("init_uts_ns");
  const auto release = vmcoreinfo.text("OSRELEASE");
  std::array<std::byte, 256> bytes{};
  if (!names || *names < kernel_text_base || !release || release->empty() ||
      !dump.read(kernel_text_physical(*names, phys_base), bytes))
    return false;
  return as_text(bytes).find(*release) != std::string_view::npos;
}

/// The tables to go on with: those of the running kernel are walked each time.
std::unique_ptr<PageTables> lasting_tables(const dump::Dump& dump, PhysicalAddress top, PagingMode mode) {
  auto tables = std::make_unique<PageTables>(dump, top, mode);
  if (dump.info().live) tables->remember_nothing();
  return tables;
}

std::unique_ptr<arch::Translator> proven(const dump::Dump& dump, VirtualAddress root, const Attempt& made) {
  return std::make_unique<LinearFallback>(lasting_tables(dump, made.physical(root), made.mode), made.phys_base,
                                          PhysicalAddress{dump.info().max_page_frame * dump.info().page_size},
                                          LinearFallback::Tables::kernels, std::nullopt);
}

/// What can be done where the kernel's top table is not to be had. Error: nothing.
Result<std::unique_ptr<arch::Translator>> do_without(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo,
                                                     VirtualAddress root, Attempt failed,
                                                     const Cancellation& cancellation) {
  const PhysicalAddress physical = failed.physical(root);
  const PhysicalAddress end{dump.info().max_page_frame * dump.info().page_size};
  const auto fallback = [&](PhysicalAddress top, LinearFallback::Tables use, Error lost) {
    return std::make_unique<LinearFallback>(lasting_tables(dump, top, failed.mode), failed.phys_base, end, use,
                                            std::move(lost));
  };
  std::byte byte{};
  if (is_missing(*failed.wrong) && dump.read(physical, std::span(&byte, 1)))  // a table below it is missing
    return fallback(physical, LinearFallback::Tables::kernels, *std::move(failed.wrong));
  if (const auto other = find_other_top_table(dump, root, physical, failed.mode, cancellation)) {
    Error lost = *std::move(failed.wrong);
    lost.message += fmt::format("; another's, at physical {:#x}, map the kernel as well and are used", other->value);
    return fallback(*other, LinearFallback::Tables::anothers, std::move(lost));
  }
  if (!is_missing(*failed.wrong) && !names_itself(dump, vmcoreinfo, failed.phys_base))
    return tl::unexpected<Error>(*std::move(failed.wrong));
  return fallback(physical, LinearFallback::Tables::none, *std::move(failed.wrong));
}

Result<std::unique_ptr<arch::Translator>> make_x86_64(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo,
                                                      const Cancellation& cancellation) {
  const auto root = top_table(vmcoreinfo);
  if (!root) return failure(ErrorCode::corrupt, "VMCOREINFO does not name the kernel's page tables (init_top_pgt)");
  PagingMode mode{vmcoreinfo.number("pgtable_l5_enabled").value_or(0) != 0,
                  static_cast<std::uint64_t>(vmcoreinfo.number("sme_mask").value_or(0))};
  auto first = attempt(dump, vmcoreinfo, *root, mode, cancellation);
  if (first && !first->wrong) return proven(dump, *root, *first);
  if (!vmcoreinfo.number("sme_mask") && !(first && is_missing(*first->wrong))) {
    for (const std::uint64_t mask : encryption_masks) {
      if (cancellation.requested()) break;
      mode.encryption_mask = mask;
      const auto encrypted = attempt(dump, vmcoreinfo, *root, mode, cancellation);
      if (encrypted && !encrypted->wrong) return proven(dump, *root, *encrypted);
    }
  }
  if (!first) return failure(std::move(first));
  return do_without(dump, vmcoreinfo, *root, *std::move(first), cancellation);
}

}  // namespace

Result<void> check_own_mapping(const arch::Translator& translator, VirtualAddress root, PhysicalAddress physical) {
  const auto itself = translator.translate(root);
  if (!itself) return failure(itself);
  if (itself->physical != physical)
    return failure(ErrorCode::corrupt,
                   fmt::format("those at physical {:#x} map their own address {:#x} to {:#x}", physical.value,
                               root.value, itself->physical.value),
                   root.value);
  return {};
}

dump::Architecture kernel_architecture(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo) {
  using dump::Architecture;
  const Architecture said = dump.info().architecture;
  if (said != Architecture::unknown && said != Architecture::x86_64) return said;
  const auto top = vmcoreinfo.symbol("swapper_pg_dir");
  if (top && top->value >> 32 == 0 && !vmcoreinfo.number("phys_base")) return Architecture::i386;
  if (said == Architecture::x86_64) return said;
  if (vmcoreinfo.text("NUMBER(kimage_voffset)")) return Architecture::aarch64;
  return dump.info().machine == "x86_64" || vmcoreinfo.symbol("init_top_pgt") || vmcoreinfo.number("phys_base")
             ? Architecture::x86_64
             : Architecture::unknown;
}

Result<std::unique_ptr<arch::Translator>> make_translator(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo,
                                                          const Cancellation& cancellation) {
  switch (kernel_architecture(dump, vmcoreinfo)) {
    case dump::Architecture::x86_64: return make_x86_64(dump, vmcoreinfo, cancellation);
    case dump::Architecture::i386: return make_i386_translator(dump, vmcoreinfo);
    case dump::Architecture::aarch64: return make_aarch64_translator(dump, vmcoreinfo);
    case dump::Architecture::unknown: break;
  }
  return failure(
      ErrorCode::wrong_architecture,
      fmt::format("a dump of an {} kernel: only x86_64, i386 and aarch64 are supported", architecture_of(dump)));
}

}  // namespace alicia::target

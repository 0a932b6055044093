// SPDX-License-Identifier: GPL-3.0-or-later
//
// How translated memory begins. VMCOREINFO gives the virtual address of the kernel's top page table (init_top_pgt, also
// called swapper_pg_dir), which lies in the kernel image, and NUMBER(phys_base), the distance between where the image
// lies and where it was linked to lie. So that one address can be had without page tables, and with it all others.
//
// Kernels before 4.10 don't give phys_base. Then an ELF dump's segment of the image does, or a search: the image lies
// at a multiple of 2 MiB, and only the right table maps its own address to itself.
#include "target/paging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "arch/x86_64/page_tables.hpp"
#include "target/linear_fallback.hpp"
#include "target/paging_of.hpp"

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
constexpr std::array<std::uint64_t, 4> encryption_masks{0, std::uint64_t{1} << 47, std::uint64_t{1} << 51,
                                                        std::uint64_t{1} << 43};

Result<std::unique_ptr<arch::Translator>> make_x86_64(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo,
                                                      PagingMode mode, const Cancellation& cancellation) {
  const auto root = top_table(vmcoreinfo);
  if (!root) return failure(ErrorCode::corrupt, "VMCOREINFO does not name the kernel's page tables (init_top_pgt)");
  std::optional<std::int64_t> phys_base = vmcoreinfo.number("phys_base");
  if (!phys_base) phys_base = phys_base_from_segments(dump);
  if (!phys_base) {
    auto found = search_phys_base(dump, *root, mode, cancellation);
    if (!found) return failure(std::move(found));
    phys_base = *found;
  }
  const PhysicalAddress physical = kernel_text_physical(*root, *phys_base);
  auto tables = std::make_unique<PageTables>(dump, physical, mode);
  std::optional<Error> lost;
  if (auto good = check_own_mapping(*tables, *root, physical); !good) {
    lost = Error{good.error().code, fmt::format("the kernel's page tables: {}", good.error().message),
                 good.error().address};
    // A table that isn't in the dump can be done without; one that says something else, or leads out of memory, is
    // another kernel's or encrypted.
    if (absence_reason(lost->code).empty() || lost->code == ErrorCode::no_memory_there)
      return tl::unexpected<Error>(std::move(*lost));
  }
  const PhysicalAddress end{dump.info().max_page_frame * dump.info().page_size};
  return std::make_unique<LinearFallback>(std::move(tables), *phys_base, end, std::move(lost));
}

Result<std::unique_ptr<arch::Translator>> make_x86_64(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo,
                                                      const Cancellation& cancellation) {
  PagingMode mode{vmcoreinfo.number("pgtable_l5_enabled").value_or(0) != 0,
                  static_cast<std::uint64_t>(vmcoreinfo.number("sme_mask").value_or(0))};
  auto made = make_x86_64(dump, vmcoreinfo, mode, cancellation);
  if (made || vmcoreinfo.number("sme_mask")) return made;
  for (const std::uint64_t mask : encryption_masks) {
    mode.encryption_mask = mask;
    if (auto encrypted = make_x86_64(dump, vmcoreinfo, mode, cancellation)) return encrypted;
    if (cancellation.requested()) break;
  }
  return made;
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

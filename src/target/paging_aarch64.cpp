// SPDX-License-Identifier: GPL-3.0-or-later
//
// VMCOREINFO of a 64-bit ARM kernel has the distance between the image's virtual and physical address (kimage_voffset),
// the page size, the bits of an address the kernel was built for (VA_BITS), and what the processor was told of them
// (TCR_EL1_T1SZ, since 5.9: 64 less the bits). Without the last, only the right number of bits leads to a table that
// maps itself.
#include <fmt/format.h>

#include <bit>
#include <vector>

#include "arch/aarch64/page_tables.hpp"
#include "target/paging_of.hpp"

namespace alicia::target {
namespace {

/// The numbers of address bits to try, the likeliest first.
std::vector<unsigned> possible_va_bits(const Vmcoreinfo& vmcoreinfo, unsigned built) {
  const auto t1sz = vmcoreinfo.hex("NUMBER(TCR_EL1_T1SZ)");
  if (t1sz && *t1sz >= 12 && *t1sz <= 28) return {static_cast<unsigned>(64 - *t1sz)};
  std::vector<unsigned> bits{built};
  for (const unsigned fewer : {48U, 47U})
    if (fewer < built) bits.push_back(fewer);
  return bits;
}

}  // namespace

Result<std::unique_ptr<arch::Translator>> make_aarch64_translator(const dump::Dump& dump,
                                                                  const Vmcoreinfo& vmcoreinfo) {
  const auto root = vmcoreinfo.symbol("swapper_pg_dir");
  const auto distance = vmcoreinfo.hex("NUMBER(kimage_voffset)");
  const auto page_bytes = vmcoreinfo.decimal("PAGESIZE").value_or(4096);
  const auto built = vmcoreinfo.number("VA_BITS");
  if (!root || !distance || !built)
    return failure(ErrorCode::corrupt,
                   fmt::format("VMCOREINFO of an aarch64 kernel does not name {}", !root       ? "swapper_pg_dir"
                                                                                   : !distance ? "kimage_voffset"
                                                                                               : "VA_BITS"));
  arch::aarch64::PagingMode mode;
  mode.page_shift = static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(page_bytes)));
  mode.built_va_bits = static_cast<unsigned>(*built);
  const PhysicalAddress physical{root->value - *distance};
  Result<void> checked = failure(
      ErrorCode::corrupt, fmt::format("VMCOREINFO has pages of {} bytes and addresses of {} bits", page_bytes, *built));
  for (const unsigned bits : possible_va_bits(vmcoreinfo, mode.built_va_bits)) {
    mode.va_bits = bits;
    if (!std::has_single_bit(static_cast<std::uint64_t>(page_bytes)) || !arch::aarch64::PageTables::is_possible(mode))
      continue;
    auto tables = std::make_unique<arch::aarch64::PageTables>(dump, physical, mode);
    checked = check_own_mapping(*tables, *root, physical);
    if (checked) return tables;
  }
  return failure(checked.error().code, fmt::format("the kernel's page tables: {}", checked.error().message),
                 checked.error().address);
}

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/linear_fallback.hpp"

#include <fmt/format.h>

#include "arch/x86_64/page_tables.hpp"
#include "base/page.hpp"

namespace alicia::target {

Result<arch::Translation> LinearFallback::look_up(VirtualAddress address) const {
  if (use_ != Tables::none) return tables_->translate(address);
  return failure(ErrorCode::page_unreadable,
                 fmt::format("cannot translate {:#x}: {}", address.value, lost_ ? lost_->message : "no page tables"),
                 address.value);
}

Result<arch::Translation> LinearFallback::translate(VirtualAddress address) const {
  constexpr std::uint64_t image_bytes = std::uint64_t{1} << 30;  // KERNEL_IMAGE_SIZE where KASLR is possible
  auto found = look_up(address);
  if (found || absence_reason(found.error().code).empty()) return found;
  PhysicalAddress physical;
  const std::uint64_t direct_map = direct_map_;
  if (address - arch::x86_64::kernel_text_base < image_bytes)
    physical = arch::x86_64::kernel_text_physical(address, phys_base_);
  else if (direct_map != 0 && address.value - direct_map < memory_end_.value)
    physical = PhysicalAddress{address.value - direct_map};
  else
    return found;
  if (physical >= memory_end_) return found;
  needed_ = true;
  return arch::Translation{physical, page_bytes};
}

}  // namespace alicia::target

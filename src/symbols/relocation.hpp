// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/address.hpp"

namespace alicia::symbols {

/// Moves a link-time address to where KASLR put it. Per-CPU offsets and other absolute values stay.
struct Relocation {
  VirtualAddress image_base;  ///< the lowest address of the kernel's image; what lies below isn't moved
  std::uint64_t offset = 0;   ///< VMCOREINFO's KERNELOFFSET

  constexpr VirtualAddress operator()(VirtualAddress linked) const {
    return linked < image_base ? linked : linked + offset;
  }
};

}  // namespace alicia::symbols

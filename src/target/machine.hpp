// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/address.hpp"
#include "dump/dump.hpp"

namespace alicia::target {

/// What of an opened kernel follows from its architecture.
struct Machine {
  dump::Architecture architecture = dump::Architecture::x86_64;
  unsigned pointer_bytes = 8;
  VirtualAddress image_base{0xffffffff80000000U};  ///< no address of the kernel's image is lower; see Relocation

  static constexpr Machine of(dump::Architecture architecture) {
    switch (architecture) {
      case dump::Architecture::i386: return {architecture, 4, VirtualAddress{0x40000000U}};
      case dump::Architecture::aarch64: return {architecture, 8, VirtualAddress{0xfff0000000000000U}};
      case dump::Architecture::x86_64:
      case dump::Architecture::unknown: break;
    }
    return {};
  }
};

}  // namespace alicia::target

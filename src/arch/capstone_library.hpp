// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <capstone/capstone.h>

namespace alicia::arch {

/// Capstone's functions, by their names without `cs_`.
struct CapstoneLibrary {
  /// The library, loaded when first asked for and kept from then on. Null where it cannot be loaded.
  static const CapstoneLibrary* get();

  decltype(&cs_open) open = nullptr;
  decltype(&cs_close) close = nullptr;
  decltype(&cs_option) option = nullptr;
  decltype(&cs_strerror) strerror = nullptr;
  decltype(&cs_malloc) malloc = nullptr;
  decltype(&cs_free) free = nullptr;
  decltype(&cs_disasm_iter) disasm_iter = nullptr;
  decltype(&cs_insn_group) insn_group = nullptr;
};

}  // namespace alicia::arch

// SPDX-License-Identifier: GPL-3.0-or-later
// VMCOREINFO of any content; what is found by a key must be what stands behind it.
#include "target/vmcoreinfo.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const alicia::target::Vmcoreinfo info(text);
  for (const std::string_view key : {"KERNELOFFSET", "OSRELEASE", "NUMBER(phys_base)", "SYMBOL(init_top_pgt)", ""}) {
    const auto value = info.text(key);
    if (value && text.find(*value) == std::string_view::npos) std::abort();
    (void)info.hex(key);
    (void)info.decimal(key);
  }
  (void)info.symbol("init_top_pgt");
  (void)info.number("phys_base");
  return 0;
}

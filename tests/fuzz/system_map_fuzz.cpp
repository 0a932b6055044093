// SPDX-License-Identifier: GPL-3.0-or-later
// A System.map of any content: each symbol that is listed is found, by name and by address.
#include "symbols/system_map.hpp"

#include <cstdlib>

#include "fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace alicia;
  const fuzz::InputFile file(data, size);
  const auto map = symbols::SystemMap::open(file.path(), {VirtualAddress{0xffffffff81000000}, 0x1e000000});
  if (!map) {
    if (map.error().message.empty()) std::abort();
    return 0;
  }
  unsigned seen = 0;
  (*map)->for_each([&](const symbols::Symbol& symbol) {
    if (!(*map)->find(symbol.name)) std::abort();
    (void)(*map)->at(symbol.address + 1);
    return ++seen < 200;
  });
  (void)(*map)->find("init_task");
  (void)(*map)->at(VirtualAddress{~std::uint64_t{0}});
  return 0;
}

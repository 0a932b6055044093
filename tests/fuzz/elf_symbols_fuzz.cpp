// SPDX-License-Identifier: GPL-3.0-or-later
// An ELF file of any content as a vmlinux: its symbol table and its build-id.
#include "symbols/elf_symbols.hpp"

#include <cstdlib>

#include "fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace alicia;
  const fuzz::InputFile file(data, size);
  (void)symbols::elf_build_id(file.path());
  const auto elf = symbols::ElfSymbols::open(file.path(), {VirtualAddress{0x1000}, 0x100000});
  if (!elf) {
    if (elf.error().message.empty()) std::abort();
    return 0;
  }
  unsigned seen = 0;
  (*elf)->for_each([&](const symbols::Symbol& symbol) {
    if (!(*elf)->find(symbol.name)) std::abort();
    (void)(*elf)->at(symbol.address + 1);
    return ++seen < 200;
  });
  (void)(*elf)->find("init_task");
  (void)(*elf)->at(VirtualAddress{~std::uint64_t{0}});
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// kallsyms tables of any content: six 32-bit offsets that say where each table begins, then the memory they lie in.
#include <array>

#include "base/bytes.hpp"
#include "fuzz/input_memory.hpp"
#include "symbols/kallsyms.hpp"

namespace {

using namespace alicia;

constexpr VirtualAddress base{0xffffffff82000000};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span input(reinterpret_cast<const std::byte*>(data), size);
  constexpr std::size_t header = 6 * sizeof(std::uint32_t);
  if (size < header) return 0;
  const auto table = [&](std::size_t number) { return base + load<std::uint32_t>(input, number * 4); };
  const fuzz::InputMemory memory(base, input.subspan(header));
  const symbols::KallsymsLocation location{table(0), table(1), table(2), table(3), table(4), table(5)};
  const auto kallsyms = symbols::Kallsyms::read(memory, location, {});
  if (!kallsyms) return 0;
  unsigned seen = 0;
  (*kallsyms)->for_each([&](const symbols::Symbol& symbol) {
    (void)(*kallsyms)->find(symbol.name);
    (void)(*kallsyms)->at(symbol.address + 1);
    return ++seen < 1000;
  });
  (void)(*kallsyms)->find("init_task");
  (void)(*kallsyms)->at(base);
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The search for kallsyms in memory of any content, as a 64-bit and as a 32-bit kernel's.
#include "fuzz/input_memory.hpp"
#include "symbols/kallsyms_search.hpp"

namespace {

using namespace alicia;

constexpr VirtualAddress base{0xc2000000};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputMemory memory(base, std::span(reinterpret_cast<const std::byte*>(data), size));
  const Cancellation cancellation;
  for (const unsigned word_bytes : {8U, 4U}) {
    const symbols::KallsymsSearchArea area{base, base + size, base + size + 4096, word_bytes};
    (void)symbols::find_kallsyms(
        memory, area,
        [&](const symbols::KallsymsLocation& location) {
          const auto kallsyms = symbols::Kallsyms::read(memory, location, {});
          return kallsyms && (*kallsyms)->find("schedule").has_value();
        },
        cancellation);
  }
  return 0;
}

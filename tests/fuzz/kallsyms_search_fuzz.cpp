// SPDX-License-Identifier: GPL-3.0-or-later
// The search for kallsyms in memory of any content. The first byte says of which kernel: of 64 bits, or (odd) of 32.
#include "fuzz/input_memory.hpp"
#include "symbols/kallsyms_search.hpp"

namespace {

using namespace alicia;

constexpr VirtualAddress base{0xc2000000};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const fuzz::InputMemory memory(base, bytes);
  const Cancellation cancellation;
  const VirtualAddress end = base + bytes.size();
  const symbols::KallsymsSearchArea area{base, end, end + 64, (data[0] & 1U) == 0 ? 8U : 4U};
  (void)symbols::find_kallsyms(
      memory, area,
      [&](const symbols::KallsymsLocation& location) {
        const auto kallsyms = symbols::Kallsyms::read(memory, location, {});
        return kallsyms && (*kallsyms)->find("schedule").has_value();
      },
      cancellation);
  return 0;
}

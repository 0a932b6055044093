// SPDX-License-Identifier: GPL-3.0-or-later
// The search for kallsyms in memory of any content, as a 64-bit and as a 32-bit kernel's.
#include <cstring>

#include "base/bytes.hpp"
#include "symbols/kallsyms_search.hpp"

namespace {

using namespace alicia;

constexpr VirtualAddress base{0xc2000000};

class InputMemory final : public MemoryReader {
 public:
  explicit InputMemory(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    if (address < base || !fits(address - base, out.size(), bytes_.size()))
      return failure(ErrorCode::page_excluded, "beyond the input", address.value);
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + (address - base), out.size());
    return {};
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const InputMemory memory(std::span(reinterpret_cast<const std::byte*>(data), size));
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

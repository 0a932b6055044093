// SPDX-License-Identifier: GPL-3.0-or-later
// What a person types and a debugger prints: C declarations, and member paths after a NUL. What is understood is
// spelled, and its spelling has to be understood as the same type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "types/format.hpp"

namespace {

using namespace alicia;
using namespace alicia::types;

class Nothing final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    for (std::byte& byte : out)
      byte = static_cast<std::byte>(address.value >> 4U | 1U);
    return {};
  }
};

/// A tag that the text itself defines means nothing outside it, and a long spelling may be cut.
bool is_exact(std::string_view text, std::string_view spelled) {
  return text.find('{') == std::string_view::npos && spelled.size() < 1000;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const std::string_view path = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  for (const unsigned pointer_bytes : {4U, 8U}) {
    TypeSystem types(pointer_bytes);
    static_cast<void>(types.declare(text));
    const auto type = types.find(text);
    if (!type) continue;
    const std::string spelled = types.spell(*type);
    if (is_exact(text, spelled)) {
      const auto again = types.find(spelled);
      if (!again || types.spell(*again) != spelled) std::abort();
    }
    static_cast<void>(describe_type(types, *type, {true, {}}));
    const Nothing memory;
    FormatOptions options;
    options.longest = 4096;
    const Object object{VirtualAddress{0x1000}, *type};
    static_cast<void>(format_value(memory, types, {object.address, object.type}, options));
    if (const auto place = walk_path(memory, types, object, path)) {
      static_cast<void>(read_value(memory, types, *place));
      static_cast<void>(read_value_as(memory, types, *place, types.find("char *").value()));
      static_cast<void>(field_at(types, *type, path));
    }
  }
  return 0;
}

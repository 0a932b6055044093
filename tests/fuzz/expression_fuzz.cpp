// SPDX-License-Identifier: GPL-3.0-or-later
// What is typed behind lcrash's print: C expressions, over memory of which a part is missing. What is evaluated is
// shown in all three radices, and what is a value has to survive a cast to its own type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lcrash/c_format.hpp"
#include "lcrash/expression/evaluator.hpp"

namespace {

using namespace alicia;
using namespace alicia::lcrash;

class Patchy final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    if ((address.value & 0x8000U) != 0) return failure(ErrorCode::page_excluded, "page excluded", address.value);
    for (std::byte& byte : out)
      byte = static_cast<std::byte>(address.value >> 3U);
    return {};
  }
};

constexpr std::string_view task_text =
    "struct task { struct task *next; char comm[8]; int pid : 5; unsigned long big; "
    "union { int number; void *any; }; unsigned char table[2][3]; void (*call)(int); }";

/// The task's type for one width of pointers. Declaring it takes longer than most expressions: it is done once.
struct Declared {
  explicit Declared(unsigned pointer_bytes) : types(pointer_bytes) {
    const auto declared = types.declare(task_text);
    if (!declared) std::abort();
    task = declared->type;
  }
  types::TypeSystem types;
  types::TypeRef task;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Patchy memory;
  const Cancellation cancellation;
  static const Declared narrow(4), wide(8);
  for (const Declared* const declared : {&narrow, &wide}) {
    types::TypeSystem types(declared->types.pointer_bytes());
    const auto symbol = [](std::string_view name, bool) -> Result<VirtualAddress> {
      if (name == "init_task") return VirtualAddress{0x1000};
      if (name == "plain") return VirtualAddress{0x9000};
      return failure(ErrorCode::no_such_symbol, "no such symbol");
    };
    const auto type = [&](std::string_view name) {
      return name == "init_task" ? std::optional(declared->task) : std::nullopt;
    };
    const Scope scope{memory, types, symbol, type};
    const auto operand = evaluate(scope, input);
    if (!operand) {
      if (operand.error().message.find('\n') != std::string::npos) std::abort();
      continue;
    }
    for (const Radix radix : {Radix::decimal, Radix::hexadecimal, Radix::octal})
      static_cast<void>(format_operand(scope, *operand, radix, cancellation));
    const Arithmetic arithmetic(scope);
    const auto value = arithmetic.value_of(*operand);
    if (!value) continue;
    const auto same = arithmetic.cast(*value, value->type);
    if (same && same->bits != value->bits) std::abort();
  }
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// An ELF object of any content as debug information, through libelf and libdwarf as a Target uses them: what opens
// must be describable in every way, in bounded time. The seeds are made by a compiler from tiny/debuginfo.c.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/input_file.hpp"
#include "types/dwarf_source.hpp"
#include "types/format.hpp"
#include "types/type_system.hpp"

namespace {

using namespace alicia;
using namespace alicia::types;

class Zeros final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress /*address*/, std::span<std::byte> out) const override {
    for (std::byte& byte : out)
      byte = {};
    return {};
  }
};

void use(TypeSystem& types, TypeRef type) {
  const Type& described = types.describe(type);
  (void)types.spell(type, "name");
  (void)types.size_of(type);
  (void)types.member(type, "next");
  (void)describe_type(types, type, {true, {}});
  FormatOptions options;
  options.elements = 4;
  options.longest = 4096;
  (void)format_value(Zeros(), types, {VirtualAddress{0x1000}, type}, options);
  std::size_t seen = 0;
  for (const Member& member : described.members) {
    if (++seen > 100) break;
    (void)types.member(type, member.name);
  }
}

}  // namespace

/// libdwarf 20210528 forgets some dozens of bytes with each error, and is not Alicia's to mend: dwarf_diename() drops
/// the error of the attribute that it asks for, and hands out none that could be given back.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libdwarf";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(data, size);
  auto opened = DwarfSource::open(file.path(), {});
  if (!opened) return 0;
  DwarfSource& source = **opened;
  TypeSystem types(8);
  types.add_source(std::move(*opened));
  for (const char* name : {"task", "list", "colour", "number", "small", "outer", "nowhere"})
    if (const auto id = source.find(Tag::any, name)) use(types, {&source, *id});
  for (const char* name : {"init", "shown", "nowhere"})
    if (const auto type = source.find_variable(name)) use(types, *type);
  for (const char* name : {"run", "nowhere"})
    if (const auto type = source.find_function(name)) use(types, *type);
  return 0;
}

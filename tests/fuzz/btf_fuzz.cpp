// SPDX-License-Identifier: GPL-3.0-or-later
// BTF from a dump, and a module's split from it: what passes the checks must be describable in every way, in bounded
// time. The first two bytes say how many of the rest are the kernel's; the others are the module's.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "types/btf_source.hpp"
#include "types/containers.hpp"
#include "types/format.hpp"

namespace {

using namespace alicia;
using namespace alicia::types;

/// 16 KiB of memory from 0 on, whose bytes are made from their addresses.
class Pattern final : public MemoryReader {
 public:
  Pattern() {
    for (std::size_t at = 0; at < bytes_.size(); ++at)
      bytes_[at] = static_cast<std::byte>(at % 8 > 2 ? 0 : at * 31 >> 3U);
  }
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    if (!fits(address.value, out.size(), bytes_.size()))
      return failure(ErrorCode::unmapped, "nothing there", std::max<std::uint64_t>(address.value, bytes_.size()));
    std::ranges::copy(std::span(bytes_).subspan(address.value, out.size()), out.begin());
    return {};
  }

 private:
  std::array<std::byte, 16384> bytes_;
};

void use_all(TypeSystem& types, BtfSource& source) {
  static const Pattern memory;
  FormatOptions options;
  options.elements = 4;
  options.longest = 512;
  const auto [first, end] = source.range();
  for (TypeId id = first; id < std::min(end, first + 100); ++id) {
    const TypeRef type{&source, id};
    const Type& described = source.type(id);
    static_cast<void>(types.spell(type, "name"));
    static_cast<void>(types.size_of(type));
    static_cast<void>(types.member(type, "next"));
    static_cast<void>(describe_type(types, type, {true, {}}));
    static_cast<void>(format_value(memory, types, {VirtualAddress{0x1000}, type}, options));
    static_cast<void>(source.find(Tag::any, described.name));
    for (const Member& member : described.members) {
      static_cast<void>(types.member(type, member.name));
      const Place place{VirtualAddress{0x1000 + member.bit_offset / 8}, source.resolve(member.type),
                        static_cast<std::uint32_t>(member.bit_offset % 8), member.bitfield_bits};
      static_cast<void>(read_value(memory, types, place));
      static_cast<void>(read_value_as(memory, types, place, types.find("char *").value()));
      static_cast<void>(read_value_as(memory, types, place, types.find("short").value()));
    }
  }
  const WalkLimits limits{100, nullptr};
  static_cast<void>(walk_list(memory, types, VirtualAddress{0x1000}, 8, limits));
  static_cast<void>(walk_rbtree(memory, types, VirtualAddress{0x1000}, 8, limits));
  static_cast<void>(walk_xarray(memory, types, VirtualAddress{0x1000}, limits));
  static_cast<void>(walk_maple_tree(memory, types, VirtualAddress{0x1000}, limits));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = std::as_bytes(std::span(data, size));
  if (input.size() < 2) return 0;
  const std::size_t split = std::min<std::size_t>(load<std::uint16_t>(input), input.size() - 2);
  input = input.subspan(2);
  auto kernel = BtfSource::create(input.first(split));
  if (!kernel) return 0;
  BtfSource& base = **kernel;
  auto module = BtfSource::create(input.subspan(split), &base);
  TypeSystem types(8);
  types.add_source(std::move(*kernel));
  use_all(types, base);
  if (module) {
    BtfSource& own = **module;
    types.add_source(std::move(*module));
    use_all(types, own);
  }
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
//
// `px &(*(struct page *)0).lru` is lru's offset. A bit-field has no address, and where compilers put it depends on the
// architecture, on packing, and on unnamed bit-fields that debug information leaves out. But lcrash reads it: taken for
// the struct, some of the kernel's code, which is as good as random, gives values which only the right bits of that
// code have each time. A field of one bit among 64 is found by some eight looks.
#include "debugger/lcrash_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

constexpr unsigned most_probes = 48;
constexpr std::uint64_t stride = 0x1d3;                     // between two looks at the code
constexpr std::uint64_t longest_run = std::uint64_t{4096};  // bits

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// `count` bits of `bytes`, as a little-endian machine numbers them.
std::uint64_t bits_of(std::span<const std::byte> bytes, std::uint64_t from, std::uint32_t count) {
  std::uint64_t value = 0;
  for (std::uint32_t bit = 0; bit < count && bit < 64; ++bit) {
    const auto at = from + bit;
    const auto byte = std::to_integer<unsigned>(bytes[static_cast<std::size_t>(at / 8)]);
    value |= std::uint64_t{byte >> (at % 8) & 1U} << bit;
  }
  return value;
}

bool is_pointer(std::string_view declarator) {
  return declarator.find('*') != declarator.npos;
}

// The first member, which lies where the struct does; of a union any.
std::uint64_t begin_of(const PtypeBody& body) {
  std::uint64_t begin = std::numeric_limits<std::uint64_t>::max();
  for (const PtypeMember& member : body.members)
    if (member.bitfield_bits == 0) begin = std::min(begin, member.bit_offset);
  return begin;
}

}  // namespace

std::string_view declared_name(std::string_view declarator) {
  std::size_t end = std::min(declarator.find('['), declarator.size());
  if (const auto function = declarator.find("(*"); function != declarator.npos) {
    std::size_t begin = function + 2;
    while (begin < declarator.size() && !is_name_character(declarator[begin]))
      ++begin;
    end = begin;
    while (end < declarator.size() && is_name_character(declarator[end]))
      ++end;
    return declarator.substr(begin, end - begin);
  }
  while (end > 0 && !is_name_character(declarator[end - 1]))
    --end;
  std::size_t begin = end;
  while (begin > 0 && is_name_character(declarator[begin - 1]))
    --begin;
  return declarator.substr(begin, end - begin);
}

Result<void> LcrashLayout::place(PtypeBody& body, const std::string& object) {
  object_ = object;
  // `(*(struct page *)0)`, perhaps with a path behind it.
  const auto close = object.find(")0)");
  if (!object.starts_with("(*(") || close == object.npos) return {};
  type_ = object.substr(3, close - 3);
  const std::string path = object.substr(close + 3);
  return place_members(body, path);
}

Result<std::optional<std::uint64_t>> LcrashLayout::number_of(const std::string& question) {
  auto answer = ask_("px " + question);
  if (!answer) return failure(std::move(answer));
  return px_in(*answer);
}

Result<std::uint64_t> LcrashLayout::size_of(const std::string& expression) {
  auto answer = ask_("sizeof " + expression);
  if (!answer) return failure(std::move(answer));
  return size_in(*answer).value_or(0);
}

// Offsets are from the outermost struct while they are looked for, and from the body's own begin in the end.
Result<void> LcrashLayout::place_members(PtypeBody& body, const std::string& path) {
  const auto own = path.empty() ? std::optional<std::uint64_t>(0) : std::nullopt;
  std::uint64_t before = 0;
  for (PtypeMember& member : body.members) {
    if (member.bitfield_bits != 0) continue;
    if (auto placed = place_member(member, path, before); !placed) return placed;
    before = member.bit_offset;
  }
  if (auto found = find_bit_fields(body, path); !found) return found;
  std::uint64_t begin = own.value_or(begin_of(body));
  if (!own && begin == std::numeric_limits<std::uint64_t>::max())
    begin = body.members.empty() ? 0 : body.members.front().bit_offset;
  for (PtypeMember& member : body.members)
    member.bit_offset -= std::min(begin, member.bit_offset);
  return {};
}

Result<void> LcrashLayout::place_member(PtypeMember& member, const std::string& path, std::uint64_t fallback) {
  const std::string_view name = declared_name(member.declarator);
  member.bit_offset = fallback;
  if (member.body && name.empty()) {
    // Its members can be named as the outer struct's.
    PtypeBody& inner = *member.body;
    std::uint64_t before = fallback;
    for (PtypeMember& each : inner.members) {
      if (each.bitfield_bits != 0) continue;
      if (auto placed = place_member(each, path, before); !placed) return placed;
      before = each.bit_offset;
    }
    if (auto found = find_bit_fields(inner, path); !found) return found;
    const auto begin = begin_of(inner);
    member.bit_offset = begin != std::numeric_limits<std::uint64_t>::max() ? begin
                        : inner.members.empty()                            ? fallback
                                                                           : inner.members.front().bit_offset;
    for (PtypeMember& each : inner.members)
      each.bit_offset -= std::min(member.bit_offset, each.bit_offset);
    return {};
  }
  const auto offset = number_of(fmt::format("&(*({})0){}.{}", type_, path, name));
  if (!offset) return failure(offset);
  if (*offset) member.bit_offset = **offset * 8;
  if (!member.body || is_pointer(member.declarator)) return {};
  std::string inner = fmt::format("{}.{}", path, name);
  for (const char each : member.declarator)
    if (each == '[') inner += "[0]";
  auto size = size_of(fmt::format("(*({})0){}", type_, inner));
  if (!size) return failure(size);
  member.body->size = *size;
  return place_members(*member.body, inner);
}

Result<void> LcrashLayout::find_bit_fields(PtypeBody& body, const std::string& path) {
  std::vector<BitField> run;
  std::uint64_t begin = body.members.empty() ? 0 : body.members.front().bit_offset;
  if (body.kind == types::Kind::union_) {
    begin = begin_of(body);
    if (begin == std::numeric_limits<std::uint64_t>::max()) begin = 0;
  }
  const auto finish = [&](std::uint64_t end) -> Result<void> {
    if (run.empty()) return {};
    if (end <= begin || end - begin > longest_run) end = begin + std::max<std::uint64_t>(64, 32 * run.size());
    auto found = find_run(run, begin, end);
    run.clear();
    return found;
  };
  for (std::size_t i = 0; i < body.members.size(); ++i) {
    PtypeMember& member = body.members[i];
    const std::string own = fmt::format("{}.{}", path, declared_name(member.declarator));
    if (member.bitfield_bits != 0) {
      run.push_back({&member, own, {}});
      continue;
    }
    if (auto finished = finish(member.bit_offset); !finished) return finished;
    if (body.kind == types::Kind::union_) continue;
    begin = member.bit_offset;
    const bool next_is_field = i + 1 < body.members.size() && body.members[i + 1].bitfield_bits != 0;
    if (!next_is_field) continue;
    if (!declared_name(member.declarator).empty()) {
      const auto size = size_of(fmt::format("(*({})0){}", type_, own));
      if (!size) return failure(size);
      begin += *size * 8;
    }
  }
  return finish(begin);  // to be widened
}

Result<void> LcrashLayout::find_run(std::vector<BitField>& fields, std::uint64_t begin, std::uint64_t end) {
  for (BitField& field : fields)
    for (auto at = begin; at + field.member->bitfield_bits <= end; ++at)
      field.places.push_back(at);
  const auto code = queries_.symbol_address("_stext");
  if (!code) return failure(code);
  const auto found = [](const BitField& field) { return field.places.size() <= 1; };
  for (unsigned i = 0; i < most_probes && !std::ranges::all_of(fields, found); ++i)
    if (auto looked = probe(fields, *code + (i + 1) * stride, begin, end); !looked) return looked;
  for (BitField& field : fields)
    field.member->bit_offset = field.places.empty() ? begin : field.places.front();
  return {};
}

Result<void> LcrashLayout::probe(std::vector<BitField>& fields, VirtualAddress at, std::uint64_t begin,
                                 std::uint64_t end) {
  const std::uint64_t first = begin / 8;
  std::vector<std::byte> bytes(static_cast<std::size_t>((end + 7) / 8 - first));
  if (auto read = queries_.read(at + first, bytes); !read) return read;
  for (BitField& field : fields) {
    if (field.places.size() <= 1) continue;
    const auto value = number_of(fmt::format("(*({}){:#x}){}", type_, at.value, field.path));
    if (!value) return failure(value);
    if (!*value) {
      field.places.resize(1);
      continue;
    }
    std::erase_if(field.places, [&](std::uint64_t place) {
      return bits_of(bytes, place - first * 8, field.member->bitfield_bits) != **value;
    });
  }
  return {};
}

}  // namespace alicia::debugger

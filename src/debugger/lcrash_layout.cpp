// SPDX-License-Identifier: GPL-3.0-or-later
//
// `px &(*(struct page *)0).lru` is lru's offset. A bit-field has no address, and where compilers put it depends on the
// architecture, on packing, and on unnamed bit-fields that debug information leaves out. But lcrash reads it: taken for
// the struct, some of the kernel's code, which is as good as random, gives values which only the right bits of that
// code have each time. A field of one bit among 64 is found by some eight looks.
#include "debugger/lcrash_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

// The first member's place; of a union any.
std::uint64_t begin_of(const PtypeBody& body, std::uint64_t fallback) {
  const bool any = body.kind == types::Kind::union_;
  std::optional<std::uint64_t> begin;
  for (const PtypeMember& member : body.members)
    if (!begin || (any && member.bitfield_bits == 0))
      begin = std::min(begin.value_or(member.bit_offset), member.bit_offset);
  return begin.value_or(fallback);
}

bool begins_with_field(const PtypeMember& member) {
  if (member.bitfield_bits != 0) return true;
  return member.body && declared_name(member.declarator).empty() && !member.body->members.empty() &&
         begins_with_field(member.body->members.front());
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
  // `(*(struct page *)0)`, perhaps with a path behind it.
  const auto close = object.find(")0)");
  if (!object.starts_with("(*(") || close == object.npos) return {};
  type_ = object.substr(3, close - 3);
  const std::string path = object.substr(close + 3);
  return place_members(body, path, 0);
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
Result<void> LcrashLayout::place_members(PtypeBody& body, const std::string& path, std::uint64_t begin) {
  if (auto placed = place_each(body, path, begin); !placed) return placed;
  for (PtypeMember& member : body.members)
    member.bit_offset -= std::min(begin, member.bit_offset);
  return {};
}

// `begin`: where the body begins, as far as it is known before its members are.
Result<void> LcrashLayout::place_each(PtypeBody& body, const std::string& path, std::uint64_t begin) {
  const PtypeMember* before = nullptr;
  for (PtypeMember& member : body.members) {
    std::uint64_t least = begin;
    if (before != nullptr && member.bitfield_bits == 0) {
      least = before->bit_offset;
      if (body.kind == types::Kind::structure && begins_with_field(member)) {
        const auto end = end_of(*before, path, 0);
        if (!end) return failure(end);
        least = *end;
      }
    }
    member.bit_offset = least;
    if (member.bitfield_bits != 0) continue;
    if (auto placed = place_member(member, path, least); !placed) return placed;
    before = &member;
  }
  return find_bit_fields(body, path, begin);
}

Result<std::uint64_t> LcrashLayout::end_of(const PtypeMember& member, const std::string& path, std::uint64_t base) {
  const std::uint64_t begin = base + member.bit_offset;
  if (member.bitfield_bits != 0) return begin + member.bitfield_bits;
  const std::string_view name = declared_name(member.declarator);
  if (!name.empty()) {
    return size_of(fmt::format("(*({})0){}.{}", type_, path, name)).map([&](std::uint64_t size) {
      return begin + size * 8;
    });
  }
  std::uint64_t end = begin;
  if (!member.body) return end;
  for (const PtypeMember& inner : member.body->members) {
    const auto last = end_of(inner, path, begin);
    if (!last) return last;
    end = std::max(end, *last);
  }
  return end;
}

Result<void> LcrashLayout::place_member(PtypeMember& member, const std::string& path, std::uint64_t fallback) {
  const std::string_view name = declared_name(member.declarator);
  if (member.body && name.empty()) {
    // Its members can be named as the outer struct's.
    if (auto placed = place_each(*member.body, path, fallback); !placed) return placed;
    member.bit_offset = begin_of(*member.body, fallback);
    for (PtypeMember& each : member.body->members)
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
  return place_members(*member.body, inner, member.bit_offset);
}

// Bit-fields lie between the members around them; in a union where it begins.
Result<void> LcrashLayout::find_bit_fields(PtypeBody& body, const std::string& path, std::uint64_t begin) {
  const bool overlaid = body.kind == types::Kind::union_;
  if (overlaid) begin = begin_of(body, begin);
  std::vector<BitField> run;
  std::uint64_t bits = 0;
  const PtypeMember* before = nullptr;
  const auto finish = [&](std::optional<std::uint64_t> end) -> Result<void> {
    if (run.empty()) return {};
    std::uint64_t from = begin;
    if (before != nullptr && !overlaid) {
      const auto last = end_of(*before, path, 0);
      if (!last) return failure(last);
      from = *last;
    }
    if (!end || *end <= from || *end - from > longest_run) end = from + bits + 128;  // they may be aligned
    auto found = find_run(run, from, *end);
    run.clear();
    bits = 0;
    return found;
  };
  for (PtypeMember& member : body.members) {
    if (member.bitfield_bits != 0) {
      run.push_back({&member, fmt::format("{}.{}", path, declared_name(member.declarator)), {}});
      bits += member.bitfield_bits;
      continue;
    }
    if (overlaid) continue;
    if (auto finished = finish(member.bit_offset); !finished) return finished;
    before = &member;
  }
  return finish(std::nullopt);
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

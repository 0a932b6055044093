// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"

namespace alicia::types {
namespace {

constexpr unsigned longest_chain = 64;
constexpr std::uint64_t largest_object = 1ULL << 56U;  // bytes; bit numbers stay within 64 bits

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::uint64_t scalar_alignment(std::uint64_t size, unsigned pointer_bytes) {
  // i386 aligns what is wider than a word to a word.
  const std::uint64_t most = pointer_bytes == 4 ? 4 : 16;
  return size == 0 ? 1 : std::min<std::uint64_t>(size & (~size + 1), most);
}

/// Members that may still be looked at: a hostile description repeats itself for ever.
using Budget = std::uint32_t;

Result<std::uint64_t> alignment_within(TypeRef type, unsigned pointer_bytes, unsigned depth, Budget& budget) {
  type = strip(type);
  const Type& described = describe(type);
  switch (described.kind) {
    case Kind::integer:
    case Kind::floating:
    case Kind::enumeration: return scalar_alignment(described.size, pointer_bytes);
    case Kind::pointer: return pointer_bytes;
    case Kind::array:
      if (depth == 0) break;
      return alignment_within(follow(type, described.target), pointer_bytes, depth - 1, budget);
    case Kind::structure:
    case Kind::union_: {
      std::uint64_t alignment = 1;
      for (const Member& member : described.members) {
        if (depth == 0 || budget == 0) break;
        --budget;
        const auto each = alignment_within(follow(type, member.type), pointer_bytes, depth - 1, budget);
        if (!each) return each;
        alignment = std::max(alignment, *each);
      }
      while (described.size % alignment != 0)
        alignment /= 2;  // packed
      return alignment;
    }
    default: break;
  }
  return failure(ErrorCode::type_mismatch, fmt::format("{} has no size", visible(spell(type))));
}

}  // namespace

TypeRef strip(TypeRef type) {
  for (unsigned hops = 0; hops < longest_chain; ++hops) {
    const Type& described = describe(type);
    switch (described.kind) {
      case Kind::typedef_:
      case Kind::const_:
      case Kind::volatile_:
      case Kind::restrict_: type = follow(type, described.target); break;
      default: return type;
    }
  }
  return type;
}

Result<std::uint64_t> size_of(TypeRef type, unsigned pointer_bytes) {
  std::uint64_t count = 1;
  for (unsigned dimensions = 0; dimensions < longest_chain; ++dimensions) {
    const TypeRef bare = strip(type);
    const Type& described = describe(bare);
    std::uint64_t size = 0;
    switch (described.kind) {
      case Kind::array:
        if (__builtin_mul_overflow(count, described.count, &count) || count > largest_object) {
          return failure(ErrorCode::corrupt, fmt::format("{} is larger than memory", visible(spell(bare))));
        }
        type = follow(bare, described.target);
        continue;
      case Kind::integer:
      case Kind::floating:
      case Kind::enumeration:
      case Kind::structure:
      case Kind::union_: size = described.size; break;
      case Kind::pointer: size = pointer_bytes; break;
      default: return failure(ErrorCode::type_mismatch, fmt::format("{} has no size", visible(spell(bare))));
    }
    if (__builtin_mul_overflow(count, size, &size) || size > largest_object) {
      return failure(ErrorCode::corrupt, fmt::format("{} is larger than memory", visible(spell(bare))));
    }
    return size;
  }
  return failure(ErrorCode::corrupt, "an array of too many dimensions");
}

Result<std::uint64_t> alignment_of(TypeRef type, unsigned pointer_bytes) {
  Budget budget = 100'000;
  return alignment_within(type, pointer_bytes, longest_chain, budget);
}

Result<std::uint64_t> StructLayout::place(TypeRef type, std::optional<std::uint32_t> bitfield_bits) {
  const auto size = size_of(type, pointer_bytes_);
  if (!size) return size;
  const auto natural = alignment_of(type, pointer_bytes_);
  if (!natural) return natural;
  const std::uint64_t unit = packed_ ? 1 : *natural;
  std::uint64_t at = is_union_ ? 0 : bits_;
  std::uint64_t width = *size * 8;
  if (!bitfield_bits) {
    at = round_up(at, unit * 8);
  } else if (*bitfield_bits > width) {
    return failure(ErrorCode::bad_argument,
                   fmt::format("a bit-field of {} bits in {}", *bitfield_bits, visible(spell(type))));
  } else if (*bitfield_bits == 0) {
    bits_ = round_up(at, *natural * 8);
    return bits_;
  } else {
    // A bit-field touches no more of its type's alignment units than the type itself has.
    const std::uint64_t units = *natural * 8;
    const bool spans = round_up(at + *bitfield_bits, units) / units - at / units > width / units;
    if (!packed_ && spans) at = round_up(at, units);
    width = *bitfield_bits;
  }
  alignment_ = std::max(alignment_, unit);
  bits_ = at + width;
  ends_ = std::max(ends_, bits_);
  if (ends_ > largest_object) return failure(ErrorCode::bad_argument, "a struct larger than memory");
  return at;
}

std::uint64_t StructLayout::size() const {
  return round_up(round_up(ends_, 8) / 8, alignment_);
}

}  // namespace alicia::types

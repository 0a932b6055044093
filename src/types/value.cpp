// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/bytes.hpp"
#include "base/escape.hpp"

namespace alicia::types {
namespace {

/// An integer widened to 64 bits as its type says.
struct Number {
  std::uint64_t bits = 0;
  bool is_signed = false;
};

Number widen(std::uint64_t bits, unsigned width, bool is_signed) {
  if (width >= 64) return {bits, is_signed};
  if (width == 0) return {0, is_signed};  // a hostile description's
  const std::uint64_t mask = (1ULL << width) - 1;
  bits &= mask;
  if (is_signed && ((bits >> (width - 1)) & 1U) != 0) bits |= ~mask;
  return {bits, is_signed};
}

Value to_value(Number number) {
  if (number.is_signed) return static_cast<std::int64_t>(number.bits);
  return number.bits;
}

std::string shown(const TypeSystem& types, TypeRef type) {
  return visible(types.spell(type));
}

tl::unexpected<Error> mismatch(const TypeSystem& types, TypeRef from, TypeRef as) {
  return failure(ErrorCode::type_mismatch, fmt::format("{} is no {}", shown(types, from), shown(types, as)));
}

Result<std::uint64_t> read_little(const MemoryReader& memory, VirtualAddress address, std::size_t size) {
  std::array<std::byte, 8> bytes{};
  if (auto read = memory.read(address, std::span(bytes).first(size)); !read) return failure(read);
  return load<std::uint64_t>(bytes);
}

/// The integer or enumeration at `place`; of 128-bit ones the low half.
Result<Number> read_number(const MemoryReader& memory, const TypeSystem& types, const Place& place, const Type& type) {
  const bool sign = is_signed(type.encoding);
  if (place.bitfield_bits == 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(type.size, 8));
    const auto bits = read_little(memory, place.address, size);
    if (!bits) return failure(bits);
    if (type.encoding == Encoding::boolean) return Number{*bits != 0 ? 1U : 0U, false};
    return widen(*bits, static_cast<unsigned>(size * 8), sign);
  }
  if (place.bitfield_bits > 64 || place.bit_shift > 7) {
    return failure(ErrorCode::not_supported,
                   fmt::format("a bit-field of {} bits in {}", place.bitfield_bits, shown(types, place.type)));
  }
  // A field of 64 bits that begins within a byte reaches into a ninth.
  const std::size_t size = (place.bit_shift + place.bitfield_bits + 7) / 8;
  const auto low = read_little(memory, place.address, std::min<std::size_t>(size, 8));
  if (!low) return failure(low);
  std::uint64_t bits = *low >> place.bit_shift;
  if (size > 8) {
    const auto high = read_little(memory, types.wrap(place.address + 8), 1);
    if (!high) return failure(high);
    bits |= *high << (64 - place.bit_shift);
  }
  return widen(bits, place.bitfield_bits, sign);
}

Result<double> read_double(const MemoryReader& memory, const TypeSystem& types, const Place& place, const Type& type) {
  if (type.size != 4 && type.size != 8) {
    return failure(ErrorCode::not_supported, fmt::format("{} of {} bytes", shown(types, place.type), type.size));
  }
  const auto bits = read_little(memory, place.address, type.size);
  if (!bits) return failure(bits);
  if (type.size == 8) return std::bit_cast<double>(*bits);
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*bits)));
}

bool is_number(const Type& type) {
  return type.kind == Kind::integer || type.kind == Kind::enumeration;
}

/// Whether an array's elements or a pointer's target are what C calls char.
bool is_text(const TypeSystem& types, TypeRef holder) {
  const Type& element = types.describe(types.strip(types.follow(holder, types.describe(holder).target)));
  return element.kind == Kind::integer && element.size == 1 && is_character(element.encoding);
}

/// `char *`, whatever is const about it; `unsigned char *` is a pointer like any other.
bool is_string_type(const TypeSystem& types, TypeRef type) {
  const Type& described = types.describe(type);
  if (described.kind != Kind::pointer) return false;
  const Type& target = types.describe(types.strip(types.follow(type, described.target)));
  return target.kind == Kind::integer && target.size == 1 && target.name == "char";
}

/// Bytes up to NUL within an array of `count`, or up to a limit in a flexible one.
Result<Value> read_array_text(const MemoryReader& memory, VirtualAddress address, std::uint64_t count) {
  auto text = count == 0 ? read_string(memory, address) : read_string(memory, address, count);
  if (!text) return failure(std::move(text));
  return Value(std::move(*text));
}

class Conversion {
 public:
  Conversion(const MemoryReader& memory, TypeSystem& types, const Place& place, TypeRef as)
      : memory_(memory),
        types_(types),
        place_(place),
        as_(as),
        from_ref_(types.complete(place.type)),
        to_ref_(types.complete(as)),
        from_(types.describe(from_ref_)),
        to_(types.describe(to_ref_)) {}

  Result<Value> run() const {
    if (is_string_type(types_, to_ref_)) return to_string();
    switch (to_.kind) {
      case Kind::integer:
      case Kind::enumeration: return to_integer();
      case Kind::floating: return to_double();
      case Kind::pointer: return to_pointer();
      case Kind::structure:
      case Kind::union_:
      case Kind::array:
        if (same(from_ref_, to_ref_, 8)) return Value(Object{place_.address, as_});
        break;
      default: break;
    }
    return mismatch(types_, place_.type, as_);
  }

 private:
  Result<Value> to_string() const {
    const bool text = (from_.kind == Kind::array || from_.kind == Kind::pointer) && is_text(types_, from_ref_);
    if (!text) return mismatch(types_, place_.type, as_);
    if (from_.kind == Kind::array) return read_array_text(memory_, place_.address, from_.count);
    const auto target = read_pointer(memory_, types_, place_.address);
    if (!target) return failure(target);
    if (target->value == 0) return Value(Null{});
    return read_array_text(memory_, *target, 0);
  }

  /// The number there, where C converts one: pointers as unsigned ones.
  Result<Number> number() const {
    if (is_number(from_)) return read_number(memory_, types_, place_, from_);
    if (from_.kind != Kind::pointer) return mismatch(types_, place_.type, as_);
    const auto pointer = read_pointer(memory_, types_, place_.address);
    if (!pointer) return failure(pointer);
    return Number{pointer->value, false};
  }

  Result<Value> to_integer() const {
    if (from_.kind == Kind::floating) {
      const auto value = read_double(memory_, types_, place_, from_);
      if (!value) return failure(value);
      if (to_.encoding == Encoding::boolean) return Value(std::uint64_t{*value != 0 ? 1U : 0U});
      if (!(std::fabs(*value) < 0x1p63)) return mismatch(types_, place_.type, as_);
      return integer_of({static_cast<std::uint64_t>(static_cast<std::int64_t>(*value)), true});
    }
    const auto value = number();
    if (!value) return failure(value);
    return integer_of(*value);
  }

  Result<Value> integer_of(Number value) const {
    if (to_.encoding == Encoding::boolean) return Value(std::uint64_t{value.bits != 0 ? 1U : 0U});
    if (to_.size > 8) {
      return failure(ErrorCode::not_supported, fmt::format("{} does not fit 64 bits", shown(types_, as_)));
    }
    return to_value(widen(value.bits, static_cast<unsigned>(to_.size * 8), is_signed(to_.encoding)));
  }

  Result<Value> to_double() const {
    if (from_.kind == Kind::floating) {
      const auto value = read_double(memory_, types_, place_, from_);
      if (!value) return failure(value);
      return Value(*value);
    }
    if (!is_number(from_)) return mismatch(types_, place_.type, as_);
    const auto value = number();
    if (!value) return failure(value);
    return Value(value->is_signed ? static_cast<double>(static_cast<std::int64_t>(value->bits))
                                  : static_cast<double>(value->bits));
  }

  Result<Value> to_pointer() const {
    // Arrays and functions decay to their addresses.
    if (from_.kind == Kind::array || from_.kind == Kind::function) return Value(place_.address);
    const auto value = number();
    if (!value) return failure(value);
    return Value(types_.wrap(VirtualAddress{value->bits}));
  }

  /// Whether two types are one, told by different sources perhaps.
  bool same(TypeRef left, TypeRef right, unsigned depth) const {
    left = types_.complete(left);
    right = types_.complete(right);
    if (left == right) return true;
    const Type& one = types_.describe(left);
    const Type& other = types_.describe(right);
    if (one.kind != other.kind || one.size != other.size || depth == 0) return false;
    switch (one.kind) {
      case Kind::structure:
      case Kind::union_: return !one.name.empty() && one.name == other.name;
      case Kind::array: {
        const bool counts = one.count == other.count || one.count == 0 || other.count == 0;
        return counts && same(types_.follow(left, one.target), types_.follow(right, other.target), depth - 1);
      }
      default: return true;
    }
  }

  const MemoryReader& memory_;
  TypeSystem& types_;
  const Place& place_;
  TypeRef as_;
  TypeRef from_ref_;
  TypeRef to_ref_;
  const Type& from_;
  const Type& to_;
};

}  // namespace

Result<VirtualAddress> read_pointer(const MemoryReader& memory, const TypeSystem& types, VirtualAddress address) {
  const auto bits = read_little(memory, address, types.pointer_bytes() == 4 ? 4 : 8);
  if (!bits) return failure(bits);
  return VirtualAddress{*bits};
}

Result<Value> read_value(const MemoryReader& memory, TypeSystem& types, const Place& place) {
  const TypeRef bare = types.complete(place.type);
  const Type& type = types.describe(bare);
  switch (type.kind) {
    case Kind::integer:
    case Kind::enumeration: {
      if (type.size > 8) {
        return failure(ErrorCode::not_supported, fmt::format("{} does not fit 64 bits", shown(types, place.type)));
      }
      const auto number = read_number(memory, types, place, type);
      if (!number) return failure(number);
      return to_value(*number);
    }
    case Kind::floating: {
      const auto number = read_double(memory, types, place, type);
      if (!number) return failure(number);
      return Value(*number);
    }
    case Kind::pointer: {
      const auto pointer = read_pointer(memory, types, place.address);
      if (!pointer) return failure(pointer);
      return Value(*pointer);
    }
    case Kind::function: return Value(place.address);
    case Kind::structure:
    case Kind::union_:
    case Kind::array:
    case Kind::forward: return Value(Object{place.address, place.type});
    default: return failure(ErrorCode::type_mismatch, fmt::format("{} has no value", shown(types, place.type)));
  }
}

Result<Value> read_value_as(const MemoryReader& memory, TypeSystem& types, const Place& place, TypeRef as) {
  return Conversion(memory, types, place, as).run();
}

Result<std::string> read_string(const MemoryReader& memory, VirtualAddress address, std::size_t limit) {
  constexpr std::size_t chunk = 128;  // divides a page, so that a string that ends before an absent page is read
  std::string text;
  while (text.size() < limit) {
    std::array<std::byte, chunk> bytes;
    const VirtualAddress from = address + text.size();
    const std::size_t length = std::min<std::size_t>(chunk - from.value % chunk, limit - text.size());
    const auto part = std::span(bytes).first(length);
    if (auto read = memory.read(from, part); !read) return failure(read);
    const std::string_view read = as_text(part);
    const std::size_t end = read.find('\0');
    text += read.substr(0, end);
    if (end != std::string_view::npos) break;
  }
  return text;
}

}  // namespace alicia::types

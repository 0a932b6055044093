// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/expression/operand.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"

namespace alicia::lcrash {
namespace {

using types::Kind;
using types::TypeRef;

bool is_comparison(std::string_view sign) {
  return sign == "==" || sign == "!=" || sign == "<" || sign == "<=" || sign == ">" || sign == ">=";
}

template <class Number>
bool compared(std::string_view sign, Number left, Number right) {
  if (sign == "==") return left == right;
  if (sign == "!=") return left != right;
  if (sign == "<") return left < right;
  if (sign == "<=") return left <= right;
  if (sign == ">") return left > right;
  return left >= right;
}

}  // namespace

std::uint64_t narrowed(std::uint64_t bits, unsigned bytes, bool is_signed) {
  if (bytes >= 8 || bytes == 0) return bits;
  const unsigned width = bytes * 8;
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  bits &= mask;
  if (is_signed && (bits >> (width - 1) & 1U) != 0) bits |= ~mask;
  return bits;
}

std::string Arithmetic::shown(TypeRef type) const {
  return visible(scope_.types.spell(type));
}

TypeRef Arithmetic::target_of(TypeRef pointer) const {
  const TypeRef bare = scope_.types.complete(pointer);
  return scope_.types.follow(bare, scope_.types.describe(bare).target);
}

Operand Arithmetic::integer(std::uint64_t bits, unsigned bytes, bool is_signed) const {
  const auto type = scope_.types.find(bytes <= 4 ? (is_signed ? "int" : "unsigned int")
                                                 : (is_signed ? "long long" : "unsigned long long"));
  Operand result;
  result.type = type.value_or(scope_.types.void_type());
  result.bits = narrowed(bits, bytes <= 4 ? 4 : 8, is_signed);
  return result;
}

Result<Operand> Arithmetic::value_of(const Operand& operand) const {
  if (!operand.in_memory) return operand;
  types::TypeSystem& types = scope_.types;
  const TypeRef bare = types.complete(operand.type);
  const types::Type& type = types.describe(bare);
  Operand result;
  result.type = operand.type;
  if (operand.has_unknown_type || type.kind == Kind::function || type.kind == Kind::array) {
    result.type = types.pointer_to(type.kind == Kind::array ? types.follow(bare, type.target) : operand.type);
    result.bits = operand.place.address.value;
    return result;
  }
  if (type.kind != Kind::integer && type.kind != Kind::enumeration && type.kind != Kind::pointer) {
    const bool floating = type.kind == Kind::floating;
    return failure(floating ? ErrorCode::not_supported : ErrorCode::type_mismatch,
                   fmt::format("{} is no integer or pointer", shown(operand.type)));
  }
  if (skipping_) return result;
  const auto value = types::read_value(scope_.memory, types, operand.place);
  if (!value) return failure(value);
  if (const auto* number = std::get_if<std::int64_t>(&*value)) result.bits = static_cast<std::uint64_t>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&*value)) result.bits = *number;
  if (const auto* pointer = std::get_if<VirtualAddress>(&*value)) result.bits = pointer->value;
  return result;
}

Result<Operand> Arithmetic::cast(const Operand& operand, TypeRef type) const {
  types::TypeSystem& types = scope_.types;
  const TypeRef bare = types.complete(type);
  const types::Type& to = types.describe(bare);
  if (to.kind == Kind::structure || to.kind == Kind::union_ || to.kind == Kind::array) {
    if (operand.in_memory && types.complete(operand.type) == bare) return operand;
    return failure(ErrorCode::type_mismatch, fmt::format("nothing can be cast to {}", shown(type)));
  }
  if (to.kind != Kind::integer && to.kind != Kind::enumeration && to.kind != Kind::pointer)
    return failure(ErrorCode::type_mismatch, fmt::format("nothing can be cast to {}", shown(type)));
  auto value = value_of(operand);
  if (!value) return value;
  value->type = type;
  if (to.kind == Kind::pointer)
    value->bits = types.wrap(VirtualAddress{value->bits}).value;
  else if (to.encoding == types::Encoding::boolean)
    value->bits = value->bits != 0 ? 1 : 0;
  else
    value->bits =
        narrowed(value->bits, static_cast<unsigned>(std::min<std::uint64_t>(to.size, 8)), is_signed(to.encoding));
  return value;
}

Arithmetic::Promoted Arithmetic::promoted(TypeRef type) const {
  const types::Type& described = scope_.types.describe(scope_.types.complete(type));
  if (described.kind == Kind::pointer) return {scope_.types.pointer_bytes(), false};
  if (described.size < 4) return {4, true};
  return {described.size == 4 ? 4U : 8U, is_signed(described.encoding)};
}

Result<bool> Arithmetic::is_true(const Operand& operand) const {
  return value_of(operand).map([](const Operand& value) { return value.bits != 0; });
}

Result<Operand> Arithmetic::unary(std::string_view sign, const Operand& operand) const {
  const auto value = value_of(operand);
  if (!value) return value;
  if (sign == "!") return integer(value->bits == 0 ? 1 : 0, 4, true);
  if (is_pointer(*value)) return failure(ErrorCode::type_mismatch, fmt::format("{} of a {}", sign, shown(value->type)));
  const auto [bytes, is_signed] = promoted(value->type);
  const std::uint64_t bits = sign == "-" ? 0 - value->bits : sign == "~" ? ~value->bits : value->bits;
  return integer(bits, bytes, is_signed);
}

Result<std::uint64_t> Arithmetic::step_of(TypeRef pointer) const {
  const TypeRef target = target_of(pointer);
  const Kind what = kind(target);
  if (what == Kind::void_ || what == Kind::function) return 1;
  const auto size = scope_.types.size_of(target);
  if (!size) return size;
  if (*size == 0) return failure(ErrorCode::type_mismatch, fmt::format("{} has no size", shown(target)));
  return size;
}

Result<Operand> Arithmetic::pointer_binary(std::string_view sign, const Operand& left, const Operand& right) const {
  if (is_comparison(sign)) return integer(compared(sign, left.bits, right.bits) ? 1 : 0, 4, true);
  if (sign == "+" && !is_pointer(left)) return pointer_binary(sign, right, left);
  if ((sign != "+" && sign != "-") || !is_pointer(left) || (sign == "+" && is_pointer(right)))
    return failure(ErrorCode::type_mismatch, fmt::format("{} {} {}", shown(left.type), sign, shown(right.type)));
  const auto step = step_of(left.type);
  if (!step) return failure(step);
  if (is_pointer(right)) {
    const auto distance = static_cast<std::int64_t>(left.bits - right.bits);
    return integer(static_cast<std::uint64_t>(distance / static_cast<std::int64_t>(*step)), 8, true);
  }
  Operand result = left;
  const std::uint64_t moved = *step * right.bits;
  result.bits = scope_.types.wrap(VirtualAddress{sign == "+" ? left.bits + moved : left.bits - moved}).value;
  return result;
}

Result<Operand> Arithmetic::divide(std::string_view sign, const Operand& left, const Operand& right,
                                   bool is_signed) const {
  if (right.bits == 0) {
    if (skipping_) return left;
    return failure(ErrorCode::bad_argument, "division by zero");
  }
  Operand result = left;
  if (!is_signed) {
    result.bits = sign == "/" ? left.bits / right.bits : left.bits % right.bits;
  } else if (right.bits == ~std::uint64_t{0}) {  // the smallest number by -1 would overflow
    result.bits = sign == "/" ? 0 - left.bits : 0;
  } else {
    const auto one = static_cast<std::int64_t>(left.bits);
    const auto other = static_cast<std::int64_t>(right.bits);
    result.bits = static_cast<std::uint64_t>(sign == "/" ? one / other : one % other);
  }
  return result;
}

Result<Operand> Arithmetic::binary(std::string_view sign, const Operand& one, const Operand& other) const {
  auto left = value_of(one);
  if (!left) return left;
  auto right = value_of(other);
  if (!right) return right;
  if (is_pointer(*left) || is_pointer(*right)) return pointer_binary(sign, *left, *right);
  const Promoted of_left = promoted(left->type);
  const Promoted of_right = promoted(right->type);
  if (sign == "<<" || sign == ">>") {
    if (right->bits / 8 >= of_left.bytes) return integer(0, of_left.bytes, of_left.is_signed);
    std::uint64_t bits = narrowed(left->bits, of_left.bytes, of_left.is_signed);
    if (sign == "<<")
      bits <<= right->bits;
    else if (of_left.is_signed)
      bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> right->bits);
    else
      bits >>= right->bits;
    return integer(bits, of_left.bytes, of_left.is_signed);
  }
  const unsigned bytes = std::max(of_left.bytes, of_right.bytes);
  const bool is_signed = (of_left.bytes < bytes || of_left.is_signed) && (of_right.bytes < bytes || of_right.is_signed);
  left->bits = narrowed(left->bits, bytes, is_signed);
  right->bits = narrowed(right->bits, bytes, is_signed);
  if (is_comparison(sign)) {
    const bool holds =
        is_signed ? compared(sign, static_cast<std::int64_t>(left->bits), static_cast<std::int64_t>(right->bits))
                  : compared(sign, left->bits, right->bits);
    return integer(holds ? 1 : 0, 4, true);
  }
  if (sign == "/" || sign == "%") {
    const auto quotient = divide(sign, *left, *right, is_signed);
    if (!quotient) return quotient;
    return integer(quotient->bits, bytes, is_signed);
  }
  std::uint64_t bits = 0;
  if (sign == "+") bits = left->bits + right->bits;
  if (sign == "-") bits = left->bits - right->bits;
  if (sign == "*") bits = left->bits * right->bits;
  if (sign == "&") bits = left->bits & right->bits;
  if (sign == "|") bits = left->bits | right->bits;
  if (sign == "^") bits = left->bits ^ right->bits;
  return integer(bits, bytes, is_signed);
}

Result<Operand> Arithmetic::pointed_to(const Operand& operand) const {
  auto pointer = value_of(operand);
  if (!pointer) return pointer;
  if (!is_pointer(*pointer))
    return failure(ErrorCode::type_mismatch, fmt::format("{} is no pointer", shown(operand.type)));
  Operand result;
  result.type = target_of(pointer->type);
  if (kind(result.type) == Kind::void_) return failure(ErrorCode::type_mismatch, "void has no value: cast the pointer");
  result.in_memory = true;
  result.place = {scope_.types.wrap(VirtualAddress{pointer->bits}), result.type};
  return result;
}

Result<Operand> Arithmetic::address_of(const Operand& operand) const {
  if (!operand.in_memory) return failure(ErrorCode::type_mismatch, "& of what has no address");
  if (operand.place.bitfield_bits != 0) return failure(ErrorCode::type_mismatch, "& of a bit-field");
  Operand result;
  result.type = scope_.types.pointer_to(operand.type);
  result.bits = operand.place.address.value;
  return result;
}

}  // namespace alicia::lcrash

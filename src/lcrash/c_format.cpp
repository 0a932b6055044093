// SPDX-License-Identifier: GPL-3.0-or-later
//
// The form is the original's, as mails and its port into KDB show it: eight columns a level, a struct member as
// `name = struct tag {`, array elements as `[0] value`, one to a line, char arrays up to their first NUL.
#include "lcrash/c_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/bytes.hpp"
#include "base/escape.hpp"

namespace alicia::lcrash {
namespace {

using types::Kind;
using types::Place;
using types::Type;
using types::TypeRef;

constexpr unsigned kDeepestMember = 32;
constexpr std::size_t kLongestOutput = std::size_t{16} << 20;
constexpr std::uint64_t kLongestText = 65536;
constexpr std::size_t kLongestOpenText = 4096;

/// Plain char, signed or not: kernels since 6.2 have it unsigned. `unsigned char` is a number.
bool is_char(const Type& type) {
  return type.kind == Kind::integer && type.size == 1 && type.name == "char";
}

class ValueText {
 public:
  ValueText(const Scope& scope, Radix radix, const Cancellation& cancellation)
      : memory_(scope.memory), types_(scope.types), radix_(radix), cancellation_(cancellation) {}

  Result<std::string> of_place(const Place& place) {
    value(place, 0);
    if (cancellation_.requested()) return failure(ErrorCode::interrupted, "interrupted");
    return std::move(out_);
  }

  std::string of_number(std::uint64_t bits, TypeRef type) {
    scalar(bits, types_.describe(types_.complete(type)), 0);
    return std::move(out_);
  }

 private:
  bool full() const { return out_.size() >= kLongestOutput || cancellation_.requested(); }
  void indent(unsigned level) { out_.append(std::size_t{8} * level, ' '); }
  void error(const Error& what) { out_ += fmt::format("<error: {}>", visible(what.message)); }

  /// What stands before a struct's brace.
  std::string heading(TypeRef type) const {
    std::string text = types_.spell(type);
    for (const std::string_view qualifier : {"const ", "volatile "})
      if (text.starts_with(qualifier)) text.erase(0, qualifier.size());
    if (text.ends_with(" {...}")) text.resize(text.size() - 6);
    return visible(text);
  }

  void value(const Place& place, unsigned level) {
    const TypeRef bare = types_.complete(place.type);
    const Type& type = types_.describe(bare);
    if (level > kDeepestMember || full()) {
      out_ += "...";
      return;
    }
    switch (type.kind) {
      case Kind::structure:
      case Kind::union_: structure(place, bare, level); break;
      case Kind::array: array(place, bare, level); break;
      case Kind::function: fmt::format_to(std::back_inserter(out_), "0x{:x}", place.address.value); break;
      case Kind::forward: out_ += "<INCOMPLETE TYPE>"; break;
      case Kind::void_: out_ += "<VOID>"; break;
      default: read_scalar(place, type); break;
    }
  }

  void structure(const Place& place, TypeRef bare, unsigned level) {
    out_ += heading(place.type) + " {\n";
    const Type& type = types_.describe(bare);
    for (const types::Member& member : type.members) {
      if (full()) break;
      indent(level + 1);
      if (!member.name.empty()) out_.append(visible(member.name)).append(" = ");
      value({types_.wrap(place.address + member.bit_offset / 8), types_.follow(bare, member.type),
             static_cast<std::uint32_t>(member.bit_offset % 8), member.bitfield_bits},
            level + 1);
      out_ += '\n';
    }
    indent(level);
    out_ += '}';
  }

  void array(const Place& place, TypeRef bare, unsigned level) {
    const Type& type = types_.describe(bare);
    const TypeRef element = types_.follow(bare, type.target);
    const Type& of = types_.describe(types_.strip(element));
    if (is_char(of)) {
      text(place.address, type.count);
      return;
    }
    const auto size = types_.size_of(element);
    out_ += "{\n";
    for (std::uint64_t index = 0; size && *size != 0 && index < type.count && !full(); ++index) {
      indent(level + 1);
      fmt::format_to(std::back_inserter(out_), "[{}] ", index);
      value({types_.wrap(place.address + index * *size), element}, level + 1);
      out_ += '\n';
    }
    indent(level);
    out_ += '}';
  }

  /// An array of no declared size is as long as its text.
  void text(VirtualAddress address, std::uint64_t count) {
    if (count == 0) {
      const auto text = types::read_string(memory_, address, kLongestOpenText);
      if (!text) return error(text.error());
      out_ += fmt::format("\"{}\"", visible(*text));
      return;
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(count, kLongestText)));
    if (const auto read = memory_.read(address, bytes); !read) return error(read.error());
    const std::string_view all = as_text(bytes);
    out_ += fmt::format("\"{}\"", visible(all.substr(0, all.find('\0'))));
  }

  void read_scalar(const Place& place, const Type& type) {
    if (type.kind == Kind::integer && type.size > 8) return wide(place);
    const auto value = types::read_value(memory_, types_, place);
    if (!value) return error(value.error());
    if (const auto* number = std::get_if<double>(&*value)) {
      fmt::format_to(std::back_inserter(out_), "{}", *number);
      return;
    }
    std::uint64_t bits = 0;
    if (const auto* number = std::get_if<std::int64_t>(&*value)) bits = static_cast<std::uint64_t>(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&*value)) bits = *number;
    if (const auto* pointer = std::get_if<VirtualAddress>(&*value)) bits = pointer->value;
    scalar(bits, type, place.bitfield_bits);
  }

  void wide(const Place& place) {
    std::array<std::byte, 16> bytes{};
    if (const auto read = memory_.read(place.address, bytes); !read) return error(read.error());
    fmt::format_to(std::back_inserter(out_), "0x{:x}{:016x}", load<std::uint64_t>(bytes, 8),
                   load<std::uint64_t>(bytes));
  }

  void scalar(std::uint64_t bits, const Type& type, unsigned bitfield_bits) {
    if (type.kind == Kind::pointer) {
      out_ += bits == 0 ? "(nil)" : fmt::format("0x{:x}", bits);
    } else if (type.kind == Kind::enumeration) {
      enumeration(bits, type);
    } else if (is_char(type) && radix_ == Radix::decimal) {
      character(static_cast<unsigned char>(bits));
    } else {
      number(bits, type, bitfield_bits);
    }
  }

  void number(std::uint64_t bits, const Type& type, unsigned bitfield_bits) {
    if (radix_ == Radix::decimal) {
      out_ += is_signed(type.encoding) ? fmt::format("{}", static_cast<std::int64_t>(bits)) : fmt::format("{}", bits);
      return;
    }
    const std::uint64_t width = bitfield_bits != 0 ? bitfield_bits : type.size * 8;
    if (width < 64) bits &= (std::uint64_t{1} << width) - 1;
    out_ += radix_ == Radix::hexadecimal ? fmt::format("0x{:x}", bits) : fmt::format("0{:o}", bits);
  }

  void enumeration(std::uint64_t bits, const Type& type) {
    const auto same = [bits](const types::Enumerator& each) { return static_cast<std::uint64_t>(each.value) == bits; };
    const auto found = std::ranges::find_if(type.enumerators, same);
    if (found == type.enumerators.end()) return number(bits, type, 0);
    out_ += fmt::format("({}=", visible(found->name));
    number(bits, type, 0);
    out_ += ')';
  }

  /// `'\101' = 'A'`: in octal, and by itself where it can be shown.
  void character(unsigned char value) {
    fmt::format_to(std::back_inserter(out_), "'\\{:03o}'", value);
    constexpr std::string_view values = "\a\b\t\n\f\r\033";
    constexpr std::string_view names = "abtnfre";
    if (const auto named = values.find(static_cast<char>(value)); named != std::string_view::npos)
      fmt::format_to(std::back_inserter(out_), " = '\\{}'", names[named]);
    else if (value >= ' ' && value < 0x7f)
      fmt::format_to(std::back_inserter(out_), " = '{}'", static_cast<char>(value));
  }

  const MemoryReader& memory_;
  types::TypeSystem& types_;
  Radix radix_;
  const Cancellation& cancellation_;
  std::string out_;
};

}  // namespace

Result<std::string> format_operand(const Scope& scope, const Operand& operand, Radix radix,
                                   const Cancellation& cancellation) {
  ValueText text(scope, radix, cancellation);
  const TypeRef bare = scope.types.complete(operand.type);
  const Type& type = scope.types.describe(bare);
  if (operand.has_unknown_type) return fmt::format("0x{:x}", operand.place.address.value);
  if (!operand.in_memory) return text.of_number(operand.bits, operand.type);
  if (type.kind == Kind::void_) return failure(ErrorCode::type_mismatch, "void has no value");
  if (type.kind == Kind::forward)
    return failure(ErrorCode::type_mismatch,
                   fmt::format("{} has no definition here", visible(scope.types.spell(operand.type))));
  // A value on its own that is not there is an error; one among others says so in its place.
  const auto size = scope.types.size_of(bare);
  const bool aggregate = type.kind == Kind::structure || type.kind == Kind::union_ || type.kind == Kind::array;
  if (!aggregate && type.kind != Kind::function) {
    if (auto read = types::read_value(scope.memory, scope.types, operand.place);
        !read && read.error().code != ErrorCode::not_supported)
      return failure(std::move(read));
  } else if (aggregate && size && *size != 0) {
    std::byte first{};
    if (auto read = scope.memory.read(operand.place.address, std::span(&first, 1)); !read)
      return failure(std::move(read));
  }
  return text.of_place(operand.place);
}

}  // namespace alicia::lcrash

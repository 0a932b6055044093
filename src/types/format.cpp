// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values as gdb prints them with crash's settings (`set print pretty`, 256 elements, no elision of repeats): members
// one to a line, arrays on one line but for the structs in them, char arrays as text without their last NUL, characters
// as number and letter, enumerations by name, pointers with what they point at. Checked against crash 8.0.2's own
// output.
#include "types/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <iterator>
#include <vector>

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "types/shape.hpp"
#include "types/snapshot.hpp"
#include "types/text_format.hpp"

namespace alicia::types {
namespace {

constexpr unsigned deepest_level = 64;
constexpr std::uint64_t longest_shown_text = 1U << 16U;

/// Where a number lies: a bit-field's first bit is counted from the byte's lowest.
struct Spot {
  VirtualAddress address;
  std::uint32_t bit_shift = 0;
  std::uint32_t bitfield_bits = 0;
};

/// An integer widened to 64 bits as its type says.
struct WideNumber {
  std::uint64_t bits = 0;
  bool is_signed = false;
};

class ValuePrinter {
 public:
  ValuePrinter(const Snapshot& memory, TypeSystem& types, ShapeCache& shapes, const FormatOptions& options)
      : memory_(memory), types_(types), shapes_(shapes), options_(options) {}

  Result<std::string> run(const Place& place) {
    // A pointer on its own is shown with its type, as a cast would be written; text says what it is.
    const Shape& shape = shapes_.of(place.type);
    if (options_.cast && shape.described->kind == Kind::pointer && !shape.text) {
      out_ += fmt::format("({}) ", visible(types_.spell(place.type)));
    }
    print(shape, {place.address, place.bit_shift, place.bitfield_bits}, 0);
    if (interrupted_) return failure(ErrorCode::interrupted, "interrupted");
    return std::move(out_);
  }

 private:
  bool full() {
    if (options_.cancellation != nullptr && options_.cancellation->requested()) interrupted_ = true;
    return interrupted_ || out_.size() >= options_.longest;
  }

  void error(const Error& error) { out_ += fmt::format("<error: {}>", visible(error.message)); }

  void indent(unsigned level) { out_.append(std::size_t{2} * level, ' '); }

  void number(WideNumber value) {
    std::array<char, 24> digits;
    const auto end = value.is_signed
                         ? std::to_chars(digits.begin(), digits.end(), static_cast<std::int64_t>(value.bits))
                         : std::to_chars(digits.begin(), digits.end(), value.bits);
    out_.append(digits.data(), end.ptr);
  }

  void hexadecimal(std::uint64_t bits) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), bits, 16);
    out_.append("0x").append(digits.data(), end.ptr);
  }

  /// `level` counts the braces around the value.
  void print(const Shape& shape, Spot spot, unsigned level) {
    if (level > deepest_level || full()) {
      out_ += "...";
      return;
    }
    switch (shape.described->kind) {
      case Kind::structure:
      case Kind::union_: print_members(shape, spot.address, level); break;
      case Kind::array: print_array(shape, spot.address, level); break;
      case Kind::pointer: print_pointer(shape, spot.address); break;
      case Kind::integer: print_integer(shape, spot); break;
      case Kind::enumeration: print_enumeration(shape, spot); break;
      case Kind::floating: print_floating(shape, spot.address); break;
      case Kind::function:
        out_ += fmt::format("{{{}}} ", visible(types_.spell(shape.type)));
        print_address(spot.address);
        break;
      case Kind::forward: out_ += "<incomplete type>"; break;
      default: out_ += "void"; break;
    }
  }

  void print_members(const Shape& structure, VirtualAddress start, unsigned level) {
    if (structure.parts.empty()) {
      out_ += "{<No data fields>}";
      return;
    }
    out_ += "{\n";
    bool first = true;
    for (const Shape::Part& part : structure.parts) {
      const VirtualAddress address = types_.wrap(start + part.offset);
      const Shape& shape = shapes_.of(part.type);
      if (options_.leave_out_zeros && memory_.is_zero(address, shape.plain_size)) continue;
      if (!first) out_ += ",\n";
      first = false;
      indent(level + 1);
      out_ += part.label;
      print(shape, {address, part.bit_shift, part.bitfield_bits}, level + 1);
      if (full()) break;
    }
    if (!first) out_ += '\n';
    indent(level);
    out_ += '}';
  }

  void print_array(const Shape& array, VirtualAddress address, unsigned level) {
    const std::uint64_t count = array.described->count;
    if (!array.element_size) {
      out_ += "<incomplete type>";
    } else if (count == 0 || *array.element_size == 0) {
      // How long it is nobody says: shown as the pointer it decays to.
      print_address(address);
      if (array.text) print_text_at(address);
    } else if (array.text) {
      print_text_array(address, count);
    } else {
      out_ += '{';
      print_elements(shapes_.of(array.element), address, *array.element_size, count, level);
      out_ += '}';
    }
  }

  void print_elements(const Shape& element, VirtualAddress address, std::uint64_t size, std::uint64_t count,
                      unsigned level) {
    std::size_t shown = 0;
    for (std::uint64_t index = 0; index < count; ++shown) {
      if ((options_.elements != 0 && shown == options_.elements) || full()) {
        out_ += "...";
        return;
      }
      if (index != 0) out_ += ", ";
      const VirtualAddress at = types_.wrap(address + index * size);
      print(element, {at}, level + 1);
      const std::uint64_t run = run_length(at, size, count - index);
      if (run > 1) out_ += fmt::format(" <repeats {} times>", run);
      index += run;
    }
  }

  /// How many elements from `at` on are to be shown as one.
  std::uint64_t run_length(VirtualAddress at, std::uint64_t size, std::uint64_t left) const {
    if (options_.repeats == 0 || left < options_.repeats || size > 4096) return 1;
    std::vector<std::byte> first(static_cast<std::size_t>(size));
    std::vector<std::byte> next(first.size());
    if (!memory_.read(at, first)) return 1;
    std::uint64_t run = 1;
    while (run < left && memory_.read(types_.wrap(at + run * size), next) && next == first)
      ++run;
    return run >= options_.repeats ? run : 1;
  }

  void print_text_array(VirtualAddress address, std::uint64_t count) {
    const std::uint64_t length = std::min(count, longest_shown_text);
    std::vector<std::byte> read_now;
    auto bytes = memory_.ahead(address, length);
    if (bytes.empty()) {
      read_now.resize(static_cast<std::size_t>(length));
      if (auto read = memory_.read(address, read_now); !read) {
        error(read.error());
        return;
      }
      bytes = read_now;
    }
    std::string_view text = as_text(bytes);
    const bool cut = text.size() < count;
    if (!cut && text.back() == '\0') text.remove_suffix(1);
    append_text(out_, text, cut, {options_.elements, options_.repeats});
  }

  /// A pointed-to string: up to NUL, the limit, or the end of what can be read.
  void print_text_at(VirtualAddress address) {
    const std::uint64_t limit = options_.elements != 0 ? options_.elements : longest_shown_text;
    std::string text;
    bool ended = false;
    while (!ended && text.size() < limit) {
      std::array<std::byte, 64> bytes;
      const VirtualAddress from = types_.wrap(address + text.size());
      const auto part =
          std::span(bytes).first(static_cast<std::size_t>(std::min(64 - from.value % 64, limit - text.size())));
      if (auto read = memory_.read(from, part); !read) {
        if (!text.empty()) append_text(out_ += ' ', text, false, {0, options_.repeats});
        out_ += ' ';
        error(read.error());
        return;
      }
      const std::size_t end = as_text(part).find('\0');
      ended = end != std::string_view::npos;
      text += as_text(part).substr(0, end);
    }
    append_text(out_ += ' ', text, !ended, {0, options_.repeats});
  }

  /// Text says what it is; only where there is none does the symbol help. The one below a string constant never does.
  void print_text_pointer(VirtualAddress address) {
    std::byte first{};
    const bool text = memory_.read(address, std::span(&first, 1)) && first != std::byte{0};
    print_address(address, !text);
    print_text_at(address);
  }

  void print_address(VirtualAddress address, bool named = true) {
    hexadecimal(address.value);
    if (!named || !options_.symbol || address.value == 0) return;
    if (const std::string symbol = options_.symbol(address); !symbol.empty()) {
      out_.append(" <").append(visible(symbol)).append(">");
    }
  }

  void print_pointer(const Shape& shape, VirtualAddress address) {
    const auto pointer = read_pointer(memory_, types_, address);
    if (!pointer) {
      error(pointer.error());
    } else if (pointer->value == 0 || !shape.text) {
      print_address(*pointer);
    } else {
      print_text_pointer(*pointer);
    }
  }

  /// The integer or enumeration there, of 64 bits at most.
  Result<WideNumber> read_number(const Shape& shape, Spot spot) const {
    const Type& type = *shape.described;
    const auto bytes = spot.bitfield_bits == 0 && type.size <= 8 ? memory_.ahead(spot.address, type.size)
                                                                 : std::span<const std::byte>();
    if (bytes.empty()) {
      const auto value = read_value(memory_, types_, {spot.address, shape.type, spot.bit_shift, spot.bitfield_bits});
      if (!value) return failure(value);
      const auto* with_sign = std::get_if<std::int64_t>(&*value);
      if (with_sign != nullptr) return WideNumber{static_cast<std::uint64_t>(*with_sign), true};
      return WideNumber{std::get<std::uint64_t>(*value), false};
    }
    std::array<std::byte, 8> wide{};
    std::ranges::copy(bytes, wide.begin());
    WideNumber number{load<std::uint64_t>(wide), is_signed(type.encoding)};
    if (type.encoding == Encoding::boolean) number.bits = number.bits != 0 ? 1 : 0;
    if (number.is_signed) {
      const auto unused = static_cast<unsigned>(64 - 8 * type.size);
      number.bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(number.bits << unused) >> unused);
    }
    return number;
  }

  void print_integer(const Shape& shape, Spot spot) {
    const Type& type = *shape.described;
    if (type.size > 8) {
      print_wide(spot.address);
      return;
    }
    const auto value = read_number(shape, spot);
    if (!value) {
      error(value.error());
    } else if (options_.hexadecimal) {
      print_hexadecimal(type, spot, value->bits);
    } else if (type.encoding == Encoding::boolean) {
      out_ += value->bits != 0 ? "true" : "false";
    } else if (is_character(type.encoding)) {
      append_character(out_, static_cast<std::int64_t>(value->bits));
    } else {
      number(*value);
    }
  }

  /// Negative numbers show their own bits and no sign's.
  void print_hexadecimal(const Type& type, Spot spot, std::uint64_t bits) {
    const std::uint64_t width = spot.bitfield_bits != 0 ? spot.bitfield_bits : type.size * 8;
    if (width < 64) bits &= (1ULL << width) - 1;
    hexadecimal(bits);
  }

  void print_wide(VirtualAddress address) {
    std::array<std::byte, 16> bytes{};
    if (auto read = memory_.read(address, bytes); !read) {
      error(read.error());
      return;
    }
    const auto low = load<std::uint64_t>(bytes);
    const auto high = load<std::uint64_t>(bytes, 8);
    out_ += high != 0 ? fmt::format("{:#x}{:016x}", high, low) : fmt::format("{:#x}", low);
  }

  void print_floating(const Shape& shape, VirtualAddress address) {
    const auto value = read_value(memory_, types_, {address, shape.type});
    if (!value) {
      error(value.error());
      return;
    }
    fmt::format_to(std::back_inserter(out_), "{}", std::get<double>(*value));
  }

  void print_enumeration(const Shape& shape, Spot spot) {
    const Type& type = *shape.described;
    const auto value = read_number(shape, spot);
    if (!value) {
      error(value.error());
      return;
    }
    for (const Enumerator& each : type.enumerators) {
      if (static_cast<std::uint64_t>(each.value) == value->bits) {
        out_ += visible(each.name);
        return;
      }
    }
    const bool flags = std::all_of(type.enumerators.begin(), type.enumerators.end(), [](const Enumerator& each) {
      return each.value >= 0 && std::popcount(static_cast<std::uint64_t>(each.value)) < 2;
    });
    if (flags && !type.enumerators.empty()) {
      print_flags(type, value->bits);
    } else if (options_.hexadecimal) {
      print_hexadecimal(type, spot, value->bits);
    } else {
      number(*value);
    }
  }

  /// An enumeration of single bits: `(A | B | unknown: 0x40)`.
  void print_flags(const Type& type, std::uint64_t bits) {
    std::string names;
    for (const Enumerator& each : type.enumerators) {
      const auto bit = static_cast<std::uint64_t>(each.value);
      if ((bits & bit) == 0) continue;
      bits &= ~bit;
      names += fmt::format("{}{}", names.empty() ? "" : " | ", visible(each.name));
    }
    if (bits != 0) names += fmt::format("{}unknown: {:#x}", names.empty() ? "" : " | ", bits);
    out_ += names.empty() ? "0" : fmt::format("({})", names);
  }

  const Snapshot& memory_;
  TypeSystem& types_;
  ShapeCache& shapes_;
  const FormatOptions& options_;
  std::string out_;
  bool interrupted_ = false;
};

}  // namespace

Result<std::string> format_value(const MemoryReader& memory, TypeSystem& types, const Place& place,
                                 const FormatOptions& options) {
  const TypeRef bare = types.complete(place.type);
  const Kind kind = types.describe(bare).kind;
  if (kind == Kind::void_) return failure(ErrorCode::type_mismatch, "void has no value");
  std::uint64_t size = 0;
  if (kind != Kind::function) {
    const auto known = types.size_of(bare);
    if (!known) return failure(known);
    size = *known;
  }
  if (size != 0) {
    std::byte first{};
    if (auto read = memory.read(place.address, std::span(&first, 1)); !read) return failure(read);
  }
  const Snapshot snapshot(memory, place.address, size);
  if (options.shapes != nullptr) return ValuePrinter(snapshot, types, *options.shapes, options).run(place);
  ShapeCache shapes(types);
  return ValuePrinter(snapshot, types, shapes, options).run(place);
}

}  // namespace alicia::types

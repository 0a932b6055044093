// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values as gdb prints them with crash's settings (`set print pretty`, 256 elements, no elision of repeats): members
// one to a line, arrays on one line but for the structs in them, char arrays as text without their last NUL, characters
// as number and letter, enumerations by name, pointers with what they point at. Checked against crash 8.0.2's own
// output.
#include "types/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <vector>

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "types/text_format.hpp"

namespace alicia::types {
namespace {

constexpr unsigned deepest_level = 64;
constexpr std::uint64_t largest_snapshot = 1U << 20U;
constexpr std::uint64_t longest_shown_text = 1U << 16U;

/// Memory with one object's bytes read ahead: most members are a few bytes each.
class Snapshot final : public MemoryReader {
 public:
  Snapshot(const MemoryReader& memory, VirtualAddress start, std::uint64_t size) : memory_(memory), start_(start) {
    bytes_.resize(static_cast<std::size_t>(std::min(size, largest_snapshot)));
    if (!memory_.read(start_, bytes_)) bytes_.clear();
  }
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    const std::uint64_t offset = address - start_;
    if (!fits(offset, out.size(), bytes_.size())) return memory_.read(address, out);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }
  /// Whether these bytes are known to be zero; false also for what was not read ahead, and for none.
  bool is_zero(VirtualAddress address, std::uint64_t size) const {
    const std::uint64_t offset = address - start_;
    if (size == 0 || !fits(offset, size, bytes_.size())) return false;
    const auto part = std::span(bytes_).subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
    return std::ranges::all_of(part, [](std::byte each) { return each == std::byte{0}; });
  }

 private:
  const MemoryReader& memory_;
  VirtualAddress start_;
  std::vector<std::byte> bytes_;
};

class ValuePrinter {
 public:
  ValuePrinter(const Snapshot& memory, TypeSystem& types, const FormatOptions& options)
      : memory_(memory), types_(types), options_(options) {}

  Result<std::string> run(const Place& place) {
    // A pointer on its own is shown with its type, as a cast would be written; text says what it is.
    const TypeRef bare = types_.strip(place.type);
    if (options_.cast && types_.describe(bare).kind == Kind::pointer && !is_text(bare)) {
      out_ += fmt::format("({}) ", visible(types_.spell(place.type)));
    }
    print(place, 0);
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

  /// `level` counts the braces around the value.
  void print(const Place& place, unsigned level) {
    const TypeRef bare = types_.complete(place.type);
    const Type& type = types_.describe(bare);
    if (level > deepest_level || full()) {
      out_ += "...";
      return;
    }
    switch (type.kind) {
      case Kind::structure:
      case Kind::union_: print_members(place, bare, level); break;
      case Kind::array: print_array(place, bare, level); break;
      case Kind::pointer: print_pointer(place, bare); break;
      case Kind::integer: print_integer(place, type); break;
      case Kind::enumeration: print_enumeration(place, type); break;
      case Kind::floating: print_floating(place); break;
      case Kind::function:
        out_ += fmt::format("{{{}}} ", visible(types_.spell(bare)));
        print_address(place.address);
        break;
      case Kind::forward: out_ += "<incomplete type>"; break;
      default: out_ += "void"; break;
    }
  }

  void print_members(const Place& place, TypeRef structure, unsigned level) {
    const Type& type = types_.describe(structure);
    if (type.members.empty()) {
      out_ += "{<No data fields>}";
      return;
    }
    out_ += "{\n";
    bool first = true;
    for (const Member& member : type.members) {
      const VirtualAddress address = types_.wrap(place.address + member.bit_offset / 8);
      const TypeRef member_type = types_.follow(structure, member.type);
      if (options_.leave_out_zeros && is_plain_zero(address, member_type)) continue;
      if (!first) out_ += ",\n";
      first = false;
      indent(level + 1);
      if (!member.name.empty()) out_.append(visible(member.name)).append(" = ");
      print({address, member_type, static_cast<std::uint32_t>(member.bit_offset % 8), member.bitfield_bits}, level + 1);
      if (full()) break;
    }
    if (!first) out_ += '\n';
    indent(level);
    out_ += '}';
  }

  /// A number, a pointer or an array of these, all of it zero. Enumerations have a name for it.
  bool is_plain_zero(VirtualAddress address, TypeRef type) const {
    const auto is_plain = [](Kind kind) {
      return kind == Kind::integer || kind == Kind::pointer || kind == Kind::floating;
    };
    const TypeRef bare = types_.complete(type);
    const Type& described = types_.describe(bare);
    const bool plain = described.kind == Kind::array
                           ? is_plain(types_.describe(types_.strip(types_.follow(bare, described.target))).kind)
                           : is_plain(described.kind);
    if (!plain) return false;
    const auto size = types_.size_of(bare);
    return size && memory_.is_zero(address, *size);
  }

  bool is_text(TypeRef holder) const {
    const Type& element = types_.describe(types_.strip(types_.follow(holder, types_.describe(holder).target)));
    return element.kind == Kind::integer && element.size == 1 && is_character(element.encoding);
  }
  bool is_text_pointer(TypeRef bare) const { return types_.describe(bare).kind == Kind::pointer && is_text(bare); }

  void print_array(const Place& place, TypeRef array, unsigned level) {
    const Type& type = types_.describe(array);
    const TypeRef element = types_.follow(array, type.target);
    const auto size = types_.size_of(element);
    if (!size) {
      out_ += "<incomplete type>";
    } else if (type.count == 0 || *size == 0) {
      // How long it is nobody says: shown as the pointer it decays to.
      print_address(place.address);
      if (is_text(array)) print_text_at(place.address);
    } else if (is_text(array)) {
      print_text_array(place.address, type.count);
    } else {
      out_ += '{';
      print_elements(place.address, element, *size, type.count, level);
      out_ += '}';
    }
  }

  void print_elements(VirtualAddress address, TypeRef element, std::uint64_t size, std::uint64_t count,
                      unsigned level) {
    std::size_t shown = 0;
    for (std::uint64_t index = 0; index < count; ++shown) {
      if ((options_.elements != 0 && shown == options_.elements) || full()) {
        out_ += "...";
        return;
      }
      if (index != 0) out_ += ", ";
      const VirtualAddress at = types_.wrap(address + index * size);
      print({at, element}, level + 1);
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
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(count, longest_shown_text)));
    if (auto read = memory_.read(address, bytes); !read) {
      error(read.error());
      return;
    }
    std::string_view text = as_text(bytes);
    const bool cut = text.size() < count;
    if (!cut && text.back() == '\0') text.remove_suffix(1);
    out_ += format_text(text, cut, {options_.elements, options_.repeats});
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
        if (!text.empty()) out_ += " " + format_text(text, false, {0, options_.repeats});
        out_ += ' ';
        error(read.error());
        return;
      }
      const std::size_t end = as_text(part).find('\0');
      ended = end != std::string_view::npos;
      text += as_text(part).substr(0, end);
    }
    out_ += " " + format_text(text, !ended, {0, options_.repeats});
  }

  /// Text says what it is; only where there is none does the symbol help. The one below a string constant never does.
  void print_text_pointer(VirtualAddress address) {
    std::byte first{};
    const bool text = memory_.read(address, std::span(&first, 1)) && first != std::byte{0};
    print_address(address, !text);
    print_text_at(address);
  }

  void print_address(VirtualAddress address, bool named = true) {
    fmt::format_to(std::back_inserter(out_), "{:#x}", address.value);
    if (!named || !options_.symbol || address.value == 0) return;
    if (const std::string symbol = options_.symbol(address); !symbol.empty()) {
      fmt::format_to(std::back_inserter(out_), " <{}>", visible(symbol));
    }
  }

  void print_pointer(const Place& place, TypeRef bare) {
    const auto pointer = read_pointer(memory_, types_, place.address);
    if (!pointer) {
      error(pointer.error());
      return;
    }
    if (pointer->value == 0 || !is_text(bare)) {
      print_address(*pointer);
    } else {
      print_text_pointer(*pointer);
    }
  }

  void print_integer(const Place& place, const Type& type) {
    if (type.size > 8) {
      print_wide(place);
      return;
    }
    const auto value = read_value(memory_, types_, place);
    if (!value) {
      error(value.error());
      return;
    }
    if (options_.hexadecimal) {
      print_hexadecimal(place, type, *value);
    } else if (type.encoding == Encoding::boolean) {
      out_ += std::get<std::uint64_t>(*value) != 0 ? "true" : "false";
    } else if (is_character(type.encoding)) {
      const auto* number = std::get_if<std::int64_t>(&*value);
      out_ +=
          format_character(number != nullptr ? *number : static_cast<std::int64_t>(std::get<std::uint64_t>(*value)));
    } else if (const auto* number = std::get_if<std::int64_t>(&*value)) {
      fmt::format_to(std::back_inserter(out_), "{}", *number);
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", std::get<std::uint64_t>(*value));
    }
  }

  /// Negative numbers show their own bits and no sign's.
  void print_hexadecimal(const Place& place, const Type& type, const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    std::uint64_t bits = number != nullptr ? static_cast<std::uint64_t>(*number) : std::get<std::uint64_t>(value);
    const std::uint64_t width = place.bitfield_bits != 0 ? place.bitfield_bits : type.size * 8;
    if (width < 64) bits &= (1ULL << width) - 1;
    fmt::format_to(std::back_inserter(out_), "{:#x}", bits);
  }

  void print_wide(const Place& place) {
    std::array<std::byte, 16> bytes{};
    if (auto read = memory_.read(place.address, bytes); !read) {
      error(read.error());
      return;
    }
    const auto low = load<std::uint64_t>(bytes);
    const auto high = load<std::uint64_t>(bytes, 8);
    out_ += high != 0 ? fmt::format("{:#x}{:016x}", high, low) : fmt::format("{:#x}", low);
  }

  void print_floating(const Place& place) {
    const auto value = read_value(memory_, types_, place);
    if (!value) {
      error(value.error());
      return;
    }
    fmt::format_to(std::back_inserter(out_), "{}", std::get<double>(*value));
  }

  void print_enumeration(const Place& place, const Type& type) {
    const auto value = read_value(memory_, types_, place);
    if (!value) {
      error(value.error());
      return;
    }
    const auto* number = std::get_if<std::int64_t>(&*value);
    const std::uint64_t bits =
        number != nullptr ? static_cast<std::uint64_t>(*number) : std::get<std::uint64_t>(*value);
    for (const Enumerator& each : type.enumerators) {
      if (static_cast<std::uint64_t>(each.value) == bits) {
        out_ += visible(each.name);
        return;
      }
    }
    const bool flags = std::all_of(type.enumerators.begin(), type.enumerators.end(), [](const Enumerator& each) {
      return each.value >= 0 && std::popcount(static_cast<std::uint64_t>(each.value)) < 2;
    });
    if (flags && !type.enumerators.empty()) {
      print_flags(type, bits);
    } else if (options_.hexadecimal) {
      print_hexadecimal(place, type, *value);
    } else if (number != nullptr) {
      fmt::format_to(std::back_inserter(out_), "{}", *number);
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", bits);
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
  return ValuePrinter(snapshot, types, options).run(place);
}

}  // namespace alicia::types

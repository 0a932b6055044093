// SPDX-License-Identifier: GPL-3.0-or-later
//
// gdb's way of writing values, which crash made the way of kernel people. A struct is read in one piece; only where
// that fails, because a page of it is absent, its members are read one by one, so that what is there is shown.
#include "types/printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/escape.hpp"

namespace alicia::types {
namespace {

constexpr std::size_t kWorthRepeating = 10;        // elements alike before they are counted instead
constexpr std::size_t kLargestObject = 1U << 22U;  // bytes read in one piece
constexpr std::size_t kLongestOutput = 64U << 20U;
constexpr unsigned kDeepest = 48;

/// Memory of which one stretch is at hand already.
class Stretch final : public MemoryReader {
 public:
  Stretch(const MemoryReader& memory, VirtualAddress begin, std::uint64_t size) : memory_(memory), begin_(begin) {
    if (size > kLargestObject) return;
    bytes_.resize(static_cast<std::size_t>(size));
    if (!memory_.read(begin, bytes_)) bytes_.clear();
  }

  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    const std::uint64_t distance = address.value - begin_.value;
    if (address.value < begin_.value || distance > bytes_.size() || out.size() > bytes_.size() - distance) {
      return memory_.read(address, out);
    }
    std::memcpy(out.data(), bytes_.data() + distance, out.size());
    return {};
  }

 private:
  const MemoryReader& memory_;
  VirtualAddress begin_;
  std::vector<std::byte> bytes_;
};

std::string unreadable(const Error& error) {
  return fmt::format("<{}>", visible(error.message));
}

/// A character within quotes, as C writes it.
std::string quoted_character(unsigned char byte, char quote) {
  switch (byte) {
    case '\n': return "\\n";
    case '\t': return "\\t";
    case '\r': return "\\r";
    case '\033': return "\\033";
    default: break;
  }
  if (byte == static_cast<unsigned char>(quote) || byte == '\\') return fmt::format("\\{}", static_cast<char>(byte));
  if (byte >= 0x20 && byte < 0x7f) return std::string(1, static_cast<char>(byte));
  return fmt::format("\\{:03o}", byte);
}

class Printer {
 public:
  Printer(const MemoryReader& memory, TypeSystem& types, const PrintStyle& style)
      : memory_(memory), types_(types), style_(style) {}

  std::string print(const Place& place) {
    value(place, style_.indent, 0);
    return std::move(out_);
  }

 private:
  void value(const Place& place, unsigned indent, unsigned depth) {
    if (depth > kDeepest || out_.size() > kLongestOutput) {
      out_ += "...";
      return;
    }
    const TypeRef type = types_.complete(place.type);
    const Type& described = types_.describe(type);
    switch (described.kind) {
      case Kind::structure:
      case Kind::union_: members(place, type, indent, depth); break;
      case Kind::array: array(place, type, indent, depth); break;
      case Kind::pointer: pointer(place, type); break;
      default: scalar(place, described); break;
    }
  }

  void members(const Place& place, TypeRef type, unsigned indent, unsigned depth) {
    const Type& described = types_.describe(type);
    out_ += '{';
    std::string_view separator;
    for (const Member& member : described.members) {
      fmt::format_to(std::back_inserter(out_), "{}\n{:{}}", separator, "", indent + 2);
      separator = ",";
      if (!member.name.empty()) fmt::format_to(std::back_inserter(out_), "{} = ", visible(member.name));
      const std::uint64_t bits = member.bit_offset;
      value({types_.wrap(place.address + bits / 8), types_.follow(type, member.type),
             static_cast<std::uint32_t>(bits % 8), member.bitfield_bits},
            indent + 2, depth + 1);
      if (out_.size() > kLongestOutput) break;
    }
    if (described.members.empty()) {
      out_ += '}';
    } else {
      fmt::format_to(std::back_inserter(out_), "\n{:{}}}}", "", indent);
    }
  }

  void array(const Place& place, TypeRef type, unsigned indent, unsigned depth) {
    const Type& described = types_.describe(type);
    const TypeRef element = types_.follow(type, described.target);
    const auto size = types_.size_of(element);
    if (!size || *size == 0 || described.count == 0) {
      out_ += described.count == 0 ? fmt::format("{:#x}", place.address.value) : "{...}";
      return;
    }
    const Type& bare = types_.describe(types_.complete(element));
    if (bare.kind == Kind::integer && bare.size == 1 && is_character(bare.encoding)) {
      text(place.address, described.count);
      return;
    }
    elements(place.address, element, *size, described.count, indent, depth);
  }

  void elements(VirtualAddress address, TypeRef element, std::uint64_t size, std::uint64_t count, unsigned indent,
                unsigned depth) {
    const std::uint64_t shown = std::min<std::uint64_t>(count, style_.most_elements);
    std::string before;
    before.swap(out_);
    std::string list = "{";
    std::string last;
    std::size_t alike = 0;
    const auto flush = [&] {
      if (alike == 0) return;
      const std::string_view separator = list.size() > 1 ? ", " : "";
      if (alike >= kWorthRepeating) {
        fmt::format_to(std::back_inserter(list), "{}{} <repeats {} times>", separator, last, alike);
      } else {
        for (std::size_t copy = 0; copy < alike; ++copy)
          fmt::format_to(std::back_inserter(list), "{}{}", copy == 0 ? separator : ", ", last);
      }
    };
    for (std::uint64_t index = 0; index < shown; ++index) {
      out_.clear();
      value({types_.wrap(address + index * size), element}, indent, depth + 1);
      if (alike != 0 && out_ == last) {
        ++alike;
        continue;
      }
      flush();
      last = out_;
      alike = 1;
      if (before.size() + list.size() > kLongestOutput) break;
    }
    flush();
    out_.swap(before);
    out_ += list;
    out_ += shown < count ? "...}" : "}";
  }

  void text(VirtualAddress address, std::uint64_t count) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(count, style_.most_elements)));
    if (auto read = memory_.read(address, bytes); !read) {
      out_ += unreadable(read.error());
      return;
    }
    // NULs at the end are left out; within, they are shown.
    std::size_t length = bytes.size();
    while (length != 0 && bytes[length - 1] == std::byte{0})
      --length;
    out_ += '"';
    for (std::size_t index = 0; index < length; ++index)
      out_ += quoted_character(std::to_integer<unsigned char>(bytes[index]), '"');
    out_ += '"';
    if (bytes.size() < count) out_ += "...";
  }

  void pointer(const Place& place, TypeRef type) {
    const auto target = read_pointer(memory_, types_, place.address);
    if (!target) {
      out_ += unreadable(target.error());
      return;
    }
    fmt::format_to(std::back_inserter(out_), "{:#x}", target->value);
    if (target->value == 0) return;
    const Type& pointee = types_.describe(types_.strip(types_.follow(type, types_.describe(type).target)));
    if (pointee.kind == Kind::function && style_.name_of) {
      if (const auto name = style_.name_of(*target)) fmt::format_to(std::back_inserter(out_), " <{}>", visible(*name));
    } else if (pointee.kind == Kind::integer && pointee.size == 1 && pointee.name == "char") {
      if (const auto string = read_string(memory_, *target, style_.most_elements)) {
        out_ += " \"";
        for (const char character : *string)
          out_ += quoted_character(static_cast<unsigned char>(character), '"');
        out_ += '"';
      }
    }
  }

  void scalar(const Place& place, const Type& described) {
    const auto read = read_value(memory_, types_, place);
    if (!read) {
      out_ += unreadable(read.error());
    } else if (const auto* signed_value = std::get_if<std::int64_t>(&*read)) {
      number(described, static_cast<std::uint64_t>(*signed_value), true);
    } else if (const auto* value = std::get_if<std::uint64_t>(&*read)) {
      number(described, *value, false);
    } else if (const auto* real = std::get_if<double>(&*read)) {
      fmt::format_to(std::back_inserter(out_), "{}", *real);
    } else if (const auto* address = std::get_if<VirtualAddress>(&*read)) {
      fmt::format_to(std::back_inserter(out_), "{:#x}", address->value);
    } else {
      out_ += "{...}";
    }
  }

  void number(const Type& described, std::uint64_t bits, bool negative_possible) {
    if (described.kind == Kind::enumeration && enumerator(described, bits)) return;
    if (described.encoding == Encoding::boolean) {
      out_ += bits != 0 ? "true" : "false";
    } else if (style_.hexadecimal) {
      const unsigned width = static_cast<unsigned>(std::clamp<std::uint64_t>(described.size, 1, 8) * 8);
      fmt::format_to(std::back_inserter(out_), "{:#x}", width < 64 ? bits & ((1ULL << width) - 1) : bits);
    } else if (negative_possible) {
      fmt::format_to(std::back_inserter(out_), "{}", static_cast<std::int64_t>(bits));
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", bits);
    }
    if (described.kind == Kind::integer && described.size == 1 && is_character(described.encoding) &&
        !style_.hexadecimal) {
      fmt::format_to(std::back_inserter(out_), " '{}'", quoted_character(static_cast<unsigned char>(bits), '\''));
    }
  }

  /// The name of the enumerator, or of flags that together make up the value.
  bool enumerator(const Type& described, std::uint64_t bits) {
    std::string flags;
    std::uint64_t rest = bits;
    for (const Enumerator& entry : described.enumerators) {
      const auto value = static_cast<std::uint64_t>(entry.value);
      if (value == bits) {
        out_ += visible(entry.name);
        return true;
      }
      const bool single = value != 0 && (value & (value - 1)) == 0;
      if (single && (rest & value) != 0) {
        fmt::format_to(std::back_inserter(flags), "{}{}", flags.empty() ? "" : " | ", visible(entry.name));
        rest &= ~value;
      }
    }
    if (flags.empty() || rest != 0) return false;
    fmt::format_to(std::back_inserter(out_), "({})", flags);
    return true;
  }

  const MemoryReader& memory_;
  TypeSystem& types_;
  const PrintStyle& style_;
  std::string out_;
};

void define_members(TypeSystem& types, TypeRef type, bool offsets, unsigned indent, std::uint64_t base, unsigned depth,
                    std::string& out) {
  for (const Member& member : types.describe(type).members) {
    const TypeRef of = types.follow(type, member.type);
    const std::uint64_t at = base + member.bit_offset / 8;
    const std::string place = offsets ? fmt::format("[{}] ", at) : "";
    fmt::format_to(std::back_inserter(out), "{:{}}{}", "", indent, place);
    const Type& described = types.describe(types.strip(of));
    const bool nameless = described.name.empty() && !described.members.empty() && depth < kDeepest &&
                          (types.describe(of).kind == Kind::structure || types.describe(of).kind == Kind::union_);
    if (nameless) {
      out += described.kind == Kind::union_ ? "union {\n" : "struct {\n";
      define_members(types, of, offsets, indent + 4, at, depth + 1, out);
      fmt::format_to(std::back_inserter(out), "{:{}}}}{}{}", "", indent, member.name.empty() ? "" : " ",
                     visible(member.name));
    } else {
      out += visible(types.spell(of, member.name));
    }
    if (member.bitfield_bits != 0) fmt::format_to(std::back_inserter(out), " : {}", member.bitfield_bits);
    out += ";\n";
  }
}

}  // namespace

std::string print_value(const MemoryReader& memory, TypeSystem& types, const Place& place, const PrintStyle& style) {
  const auto size = types.size_of(place.type);
  const Stretch stretch(memory, place.address, size ? *size : 0);
  return Printer(stretch, types, style).print(place);
}

std::string print_definition(TypeSystem& types, TypeRef type, bool offsets) {
  const TypeRef bare = types.complete(type);
  const Type& described = types.describe(bare);
  std::string out = visible(types.spell(bare));
  if (described.kind == Kind::enumeration) {
    std::string_view separator = " {";
    for (const Enumerator& entry : described.enumerators) {
      fmt::format_to(std::back_inserter(out), "{}{} = {}", separator, visible(entry.name), entry.value);
      separator = ", ";
    }
    return out + (described.enumerators.empty() ? "" : "}");
  }
  if (described.kind != Kind::structure && described.kind != Kind::union_) return out;
  out += " {\n";
  define_members(types, bare, offsets, offsets ? 3 : 4, 0, 0, out);
  return out + "}";
}

}  // namespace alicia::types

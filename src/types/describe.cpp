// SPDX-License-Identifier: GPL-3.0-or-later
//
// Types as gdb declares them and crash decorates them: with `-o` each member has its offset in front, in a column as
// wide as the struct's size needs; struct bodies written within the struct are shown within it.
#include <fmt/format.h>

#include <iterator>

#include "base/escape.hpp"
#include "types/format.hpp"

namespace alicia::types {
namespace {

constexpr unsigned deepest_body = 32;
constexpr std::size_t longest = 256U << 10U;

class TypePrinter {
 public:
  TypePrinter(const TypeSystem& types, const DescribeOptions& options) : types_(types), options_(options) {}

  Result<std::string> run(TypeRef type) {
    const Type* described = &types_.describe(type);
    std::string head;
    std::string tail;
    if (described->kind == Kind::typedef_) {
      const TypeRef target = types_.follow(type, described->target);
      const Kind kind = types_.describe(target).kind;
      if (kind != Kind::structure && kind != Kind::union_ && kind != Kind::enumeration) {
        out_ = fmt::format("typedef {};\n", visible(types_.spell(target, described->name)));
        return with_size(type);
      }
      head = "typedef ";
      tail = fmt::format(" {};", visible(described->name));
      type = target;
      described = &types_.describe(type);
    }
    switch (described->kind) {
      case Kind::enumeration: print_enumeration(type, head, tail.empty() ? ";" : tail); return std::move(out_);
      case Kind::structure:
      case Kind::union_: break;
      default:
        return failure(ErrorCode::type_mismatch,
                       fmt::format("{} is no struct, union, enum or typedef", visible(types_.spell(type))));
    }
    // The widest offset is the size; a struct shown at its address has fixed columns.
    column_ = options_.address ? 0 : fmt::formatted_size("  [{}]", described->size);
    out_ = head + opening(*described) + "\n";
    print_members(type, 0, 0, true);
    out_ += "}" + tail + "\n";
    return with_size(type);
  }

 private:
  Result<std::string> with_size(TypeRef type) {
    if (const auto size = types_.size_of(type)) fmt::format_to(std::back_inserter(out_), "SIZE: {}\n", *size);
    return std::move(out_);
  }

  static std::string opening(const Type& type) {
    const std::string_view keyword = type.kind == Kind::union_ ? "union" : "struct";
    return type.name.empty() ? fmt::format("{} {{", keyword) : fmt::format("{} {} {{", keyword, visible(type.name));
  }

  bool offsets() const { return options_.offsets || options_.address; }

  /// Begins a line: its offset, if it has one to show, and the indentation of its depth.
  void begin(std::optional<std::uint64_t> bit_offset, unsigned depth) {
    const auto out = std::back_inserter(out_);
    if (!offsets()) {
      out_.append(4, ' ');
    } else if (options_.address) {
      const unsigned digits = types_.pointer_bytes() * 2;
      if (bit_offset) {
        fmt::format_to(out, "  [{:0{}x}] ", types_.wrap(*options_.address + *bit_offset / 8).value, digits);
      } else {
        out_.append(digits + 5, ' ');
      }
    } else {
      fmt::format_to(out, "{:>{}} ", bit_offset ? fmt::format("[{}]", *bit_offset / 8) : "", column_);
    }
    out_.append(std::size_t{4} * depth, ' ');
  }

  /// `known` says whether the members' offsets are told: those of a nested body with a name are told by that name.
  void print_members(TypeRef structure, std::uint64_t base, unsigned depth, bool known) {
    for (const Member& member : types_.describe(structure).members) {
      if (depth > deepest_body || out_.size() > longest) {
        begin(std::nullopt, depth);
        out_ += "...\n";
        return;
      }
      const TypeRef type = types_.follow(structure, member.type);
      const std::uint64_t offset = base + member.bit_offset;
      const auto shown = known ? std::optional(offset) : std::nullopt;
      if (const auto body = body_of(type)) {
        begin(std::nullopt, depth);
        out_ += opening(types_.describe(*body)) + "\n";
        if (types_.describe(*body).members.empty()) {
          begin(std::nullopt, depth + 1);
          out_ += "<no data fields>\n";
        }
        print_members(*body, offset, depth + 1, known && member.name.empty());
        begin(member.name.empty() ? std::nullopt : shown, depth);
        out_ += closing(type, member.name) + "\n";
      } else {
        begin(shown, depth);
        out_ += declaration(type, member.name);
        if (member.bitfield_bits != 0) fmt::format_to(std::back_inserter(out_), " : {}", member.bitfield_bits);
        out_ += ";\n";
      }
    }
  }

  /// The type behind arrays and qualifiers.
  TypeRef element_of(TypeRef type) const {
    for (unsigned dimensions = 0; dimensions < deepest_body; ++dimensions) {
      const Type& described = types_.describe(type);
      if (described.kind != Kind::array && described.kind != Kind::const_ && described.kind != Kind::volatile_) break;
      type = types_.follow(type, described.target);
    }
    return type;
  }

  /// The untagged struct or union that a member's declaration writes out.
  std::optional<TypeRef> body_of(TypeRef type) const {
    const TypeRef element = element_of(type);
    const Type& described = types_.describe(element);
    const bool body = described.kind == Kind::structure || described.kind == Kind::union_;
    return body && described.name.empty() ? std::optional(element) : std::nullopt;
  }

  /// A member's declaration, the constants of an untagged enumeration written out.
  std::string declaration(TypeRef type, const std::string& name) const {
    std::string spelled = visible(types_.spell(type, name));
    const Type& element = types_.describe(element_of(type));
    if (element.kind != Kind::enumeration || !element.name.empty()) return spelled;
    std::string constants;
    std::int64_t expected = 0;
    for (const Enumerator& each : element.enumerators) {
      if (!constants.empty()) constants += ", ";
      constants += visible(each.name);
      if (each.value != expected) fmt::format_to(std::back_inserter(constants), " = {}", each.value);
      if (constants.size() > 65536) break;
      expected = static_cast<std::int64_t>(static_cast<std::uint64_t>(each.value) + 1);
    }
    if (const std::size_t body = spelled.find("..."); body != std::string::npos) spelled.replace(body, 3, constants);
    return spelled;
  }

  /// `} name[2];`: what spelling puts behind the body's own name.
  std::string closing(TypeRef type, const std::string& name) const {
    const std::string spelled = visible(types_.spell(type, name));
    const std::size_t body = spelled.find("{...}");
    return "}" + (body == std::string::npos ? "" : spelled.substr(body + 5)) + ";";
  }

  void print_enumeration(TypeRef type, const std::string& head, std::string_view tail) {
    const Type& described = types_.describe(type);
    out_ = fmt::format("{}enum {}{{\n", head, described.name.empty() ? "" : visible(described.name) + " ");
    for (const Enumerator& each : described.enumerators) {
      const bool is_unsigned = !is_signed(described.encoding);
      const std::string value =
          is_unsigned ? fmt::format("{}", static_cast<std::uint64_t>(each.value)) : fmt::format("{}", each.value);
      out_ += fmt::format("  {} = {}\n", visible(each.name), value);
      if (out_.size() > longest) break;
    }
    out_ += fmt::format("}}{}\n", tail);
  }

  const TypeSystem& types_;
  const DescribeOptions& options_;
  std::size_t column_ = 0;
  std::string out_;
};

}  // namespace

Result<std::string> describe_type(const TypeSystem& types, TypeRef type, const DescribeOptions& options) {
  return TypePrinter(types, options).run(type);
}

}  // namespace alicia::types

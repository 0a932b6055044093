// SPDX-License-Identifier: GPL-3.0-or-later
//
// C declarations, ISO C 6.7: specifiers that name a type, then a declarator that wraps it. A declarator reads from the
// name outward (`int (*x)[4]`: x is a pointer to an array of int), so it is collected as a list of steps away from the
// name, which are then applied to the type from the far end back. Constant expressions are numbers only, and there are
// no initialisers, since neither a debugger nor a person naming a type writes them.
#include "types/declarator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <ranges>
#include <utility>
#include <vector>

#include "base/escape.hpp"
#include "types/base_types.hpp"
#include "types/layout.hpp"
#include "types/lexer.hpp"

namespace alicia::types {
namespace {

constexpr std::size_t longest_declaration = 1U << 18U;
constexpr unsigned deepest_nesting = 64;  // a struct within a struct counts twice
constexpr std::size_t most_steps = 64;    // of one declarator

std::optional<Kind> qualifier(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 8> words{{{"const", Kind::const_},
                                                                           {"__const", Kind::const_},
                                                                           {"volatile", Kind::volatile_},
                                                                           {"__volatile__", Kind::volatile_},
                                                                           {"restrict", Kind::restrict_},
                                                                           {"__restrict", Kind::restrict_},
                                                                           {"__restrict__", Kind::restrict_},
                                                                           {"__volatile", Kind::volatile_}}};
  const auto* found = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == word; });
  if (found == words.end()) return std::nullopt;
  return found->second;
}

/// Storage classes and the kernel's marks, which say nothing about a layout.
bool is_noise(std::string_view word) {
  static constexpr std::array<std::string_view, 18> words{
      "static",        "extern",  "register",  "inline",  "__inline", "__user",
      "__kernel",      "__iomem", "__percpu",  "__rcu",   "__force",  "__private",
      "__extension__", "_Atomic", "__refdata", "typedef", "__nosave", "__read_mostly"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// One step from the name outward.
struct Step {
  Kind kind = Kind::pointer;  // pointer, array, function or a qualifier
  std::uint64_t count = 0;
  std::vector<TypeRef> parameters{};
  bool variadic = false;
};

struct Declarator {
  std::string name;
  std::vector<Step> steps;
};

class Parser {
 public:
  Parser(std::string_view text, DerivedTypes& store, const TypeLookup& lookup, UnknownTag unknown)
      : text_(text), lexer_(text), store_(store), lookup_(lookup), unknown_(unknown) {}

  Result<Declaration> run() {
    if (text_.size() > longest_declaration) return failure(ErrorCode::bad_argument, "a declaration too long to be one");
    if (auto moved = advance(); !moved) return failure(moved);
    const auto base = specifiers();
    if (!base) return failure(base);
    auto declaration = declared(*base);
    if (!declaration) return declaration;
    if (token_.is(";")) {
      if (auto moved = advance(); !moved) return failure(moved);
    }
    if (token_.kind != Token::Kind::end) return unexpected();
    return declaration;
  }

 private:
  /// Counts nesting for as long as it lives.
  class Level {
   public:
    explicit Level(unsigned& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    unsigned& depth_;
  };

  Result<void> advance() {
    auto token = lexer_.next();
    if (!token) return failure(std::move(token));
    token_ = *token;
    return {};
  }

  Result<void> expect(std::string_view wanted) {
    if (!token_.is(wanted)) return unexpected();
    return advance();
  }

  tl::unexpected<Error> unexpected() const {
    const std::string_view shown = token_.kind == Token::Kind::end ? "end" : token_.text.substr(0, 80);
    return failure(ErrorCode::bad_argument,
                   fmt::format("unexpected '{}' in C declaration: {}", shown, visible(text_.substr(0, 200))));
  }

  static tl::unexpected<Error> unknown_type(std::string_view keyword, std::string_view name) {
    return failure(ErrorCode::no_such_type,
                   fmt::format("no type {}{}{}", keyword, keyword.empty() ? "" : " ", name.substr(0, 200)));
  }

  /// `__attribute__((packed))`: true if it is one, however it is written.
  Result<bool> attribute() {
    bool packed = false;
    unsigned open = 0;
    do {
      if (auto moved = advance(); !moved) return failure(moved);
      if (token_.kind == Token::Kind::end) return unexpected();
      if (token_.is("(")) ++open;
      if (open == 0) return unexpected();
      if (token_.is(")")) --open;
      packed = packed || token_.is("packed") || token_.is("__packed__");
    } while (open != 0);
    if (auto moved = advance(); !moved) return failure(moved);
    return packed;
  }

  Result<bool> attributes() {
    bool packed = false;
    while (token_.is("__attribute__") || token_.is("__packed")) {
      if (token_.is("__packed")) {
        packed = true;
        if (auto moved = advance(); !moved) return failure(moved);
        continue;
      }
      const auto one = attribute();
      if (!one) return one;
      packed = packed || *one;
    }
    return packed;
  }

  /// A word that is no type of its own; true if one was read.
  Result<bool> qualifiers_and_noise(std::vector<Kind>& kinds) {
    if (token_.kind != Token::Kind::word) return false;
    if (token_.is("__attribute__")) {
      if (auto read = attribute(); !read) return failure(read);
      return true;
    }
    const auto kind = qualifier(token_.text);
    if (!kind && !is_noise(token_.text)) return false;
    if (kind && std::find(kinds.begin(), kinds.end(), *kind) == kinds.end()) kinds.push_back(*kind);
    if (auto moved = advance(); !moved) return failure(moved);
    return true;
  }

  Result<TypeRef> specifiers() {
    const Level level(depth_);
    if (depth_ > deepest_nesting) return failure(ErrorCode::bad_argument, "a declaration nested too deeply");
    std::vector<Kind> kinds;
    BaseWords words;
    std::optional<TypeRef> type;
    while (token_.kind == Token::Kind::word) {
      const auto read = qualifiers_and_noise(kinds);
      if (!read) return failure(read);
      if (*read) continue;
      if (!type && words.take(token_.text)) {
        if (auto moved = advance(); !moved) return failure(moved);
        continue;
      }
      if (type || !words.empty()) break;
      auto named = named_type();
      if (!named) return named;
      type = *named;
    }
    if (!type) {
      if (words.empty()) return unexpected();
      auto base = base_type_of(words);
      if (!base) return base;
      type = *base;
    }
    // Whatever their order in the text, `const volatile` is one type.
    std::sort(kinds.begin(), kinds.end(), std::greater<>());
    for (const Kind kind : kinds)
      type = store_.qualified(kind, *type);
    return *type;
  }

  Result<TypeRef> base_type_of(const BaseWords& words) {
    const auto canonical = words.canonical();
    if (!canonical)
      return failure(ErrorCode::bad_argument, fmt::format("no C type: {}", visible(text_.substr(0, 200))));
    if (*canonical == "void") return store_.void_type();
    if (const auto known = lookup_(Tag::base, *canonical)) return *known;
    return store_.base(*canonical).value_or(store_.void_type());
  }

  /// A tagged type, with or without a body, or a name that stands alone.
  Result<TypeRef> named_type() {
    for (const auto& [keyword, tag, kind] :
         {std::tuple{"struct", Tag::structure, Kind::structure}, std::tuple{"union", Tag::union_, Kind::union_},
          std::tuple{"enum", Tag::enumeration, Kind::enumeration}}) {
      if (token_.is(keyword)) return tagged(keyword, tag, kind);
    }
    const std::string_view name = token_.text;
    auto known = lookup_(Tag::any, name);
    if (!known) {
      const auto usual = usual_typedef(name);
      if (!usual) return unknown_type({}, name);
      known = lookup_(Tag::base, *usual);
      if (!known) known = store_.base(*usual);
    }
    if (auto moved = advance(); !moved) return failure(moved);
    return *known;
  }

  Result<TypeRef> tagged(std::string_view keyword, Tag tag, Kind kind) {
    if (auto moved = advance(); !moved) return failure(moved);
    auto packed = attributes();
    if (!packed) return failure(packed);
    std::string name;
    if (token_.kind == Token::Kind::word) {
      name = token_.text;
      if (auto moved = advance(); !moved) return failure(moved);
    }
    if (token_.is("{")) return kind == Kind::enumeration ? enumeration_body(name) : struct_body(kind, name, *packed);
    if (name.empty()) return unexpected();
    if (const auto known = lookup_(tag, name)) return *known;
    if (unknown_ == UnknownTag::forward) return store_.forward(kind, name);
    return unknown_type(keyword, name);
  }

  /// `{ int a, *b; unsigned c : 3; struct { … }; } __attribute__((packed))`, or a debugger's `{...}`.
  Result<TypeRef> struct_body(Kind kind, const std::string& name, bool packed) {
    const Level level(depth_);
    if (auto moved = advance(); !moved) return failure(moved);
    if (token_.is("...")) {
      if (auto moved = advance(); !moved) return failure(moved);
      if (auto closed = expect("}"); !closed) return failure(closed);
      return store_.forward(kind, name);
    }
    std::vector<Declaration> members;
    while (!token_.is("}")) {
      if (auto read = member_line(members); !read) return failure(read);
    }
    if (auto moved = advance(); !moved) return failure(moved);
    const auto after = attributes();
    if (!after) return failure(after);
    return lay_out(kind, name, members, packed || *after);
  }

  Result<void> member_line(std::vector<Declaration>& members) {
    const auto base = specifiers();
    if (!base) return failure(base);
    while (true) {
      auto member = declared(*base);
      if (!member) return failure(member);
      members.push_back(std::move(*member));
      if (!token_.is(",")) break;
      if (auto moved = advance(); !moved) return moved;
    }
    return expect(";");
  }

  Result<TypeRef> lay_out(Kind kind, const std::string& name, const std::vector<Declaration>& members, bool packed) {
    StructLayout layout(kind == Kind::union_, store_.pointer_bytes());
    if (packed) layout.pack();
    Type type;
    type.kind = kind;
    type.name = name;
    for (const Declaration& member : members) {
      const auto offset = layout.place(member.type, member.bitfield_bits);
      if (!offset) return failure(offset);
      // An unnamed bit-field is padding; an unnamed struct or union lends its members.
      if (member.name.empty() && member.bitfield_bits) continue;
      type.members.push_back({member.name, store_.refer(member.type), *offset, member.bitfield_bits.value_or(0)});
    }
    type.size = layout.size();
    return store_.add(std::move(type));
  }

  Result<TypeRef> enumeration_body(const std::string& name) {
    Type type;
    type.kind = Kind::enumeration;
    type.name = name;
    type.size = 4;
    std::int64_t value = 0;
    do {
      if (auto moved = advance(); !moved) return failure(moved);
      if (token_.is("}")) break;
      if (token_.is("...")) {
        if (auto moved = advance(); !moved) return failure(moved);
        break;
      }
      if (token_.kind != Token::Kind::word) return unexpected();
      std::string label(token_.text);
      if (auto moved = advance(); !moved) return failure(moved);
      if (token_.is("=")) {
        auto given = enumerator_value();
        if (!given) return failure(given);
        value = *given;
      }
      if (value < 0) type.encoding = Encoding::signed_;
      if (value > 0xffff'ffffLL || value < -0x8000'0000LL) type.size = 8;
      type.enumerators.push_back({std::move(label), value});
      value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + 1);
    } while (token_.is(","));
    if (auto closed = expect("}"); !closed) return failure(closed);
    return store_.add(std::move(type));
  }

  Result<std::int64_t> enumerator_value() {
    if (auto moved = advance(); !moved) return failure(moved);
    const bool negative = token_.is("-");
    if (negative) {
      if (auto moved = advance(); !moved) return failure(moved);
    }
    const auto magnitude = number();
    if (!magnitude) return failure(magnitude);
    return static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
  }

  Result<std::uint64_t> number() {
    if (token_.kind != Token::Kind::number) return unexpected();
    const std::uint64_t value = token_.value;
    if (auto moved = advance(); !moved) return failure(moved);
    return value;
  }

  /// What follows the specifiers: a declarator and perhaps a bit-field's width.
  Result<Declaration> declared(TypeRef base) {
    Declarator declarator;
    if (auto read = read_declarator(declarator); !read) return failure(read);
    Declaration declaration{std::move(declarator.name), base, std::nullopt};
    for (const auto& step : std::views::reverse(declarator.steps)) {
      auto made = apply(step, declaration.type);
      if (!made) return failure(made);
      declaration.type = *made;
    }
    if (token_.is(":")) {
      if (auto moved = advance(); !moved) return failure(moved);
      const auto bits = number();
      if (!bits) return failure(bits);
      if (*bits > 128) return unexpected();
      declaration.bitfield_bits = static_cast<std::uint32_t>(*bits);
    }
    if (auto read = attributes(); !read) return failure(read);
    return declaration;
  }

  Result<TypeRef> apply(const Step& step, TypeRef to) {
    switch (step.kind) {
      case Kind::pointer: return store_.pointer_to(to);
      case Kind::array: {
        const TypeRef array = store_.array_of(to, step.count);
        if (auto size = size_of(array, store_.pointer_bytes()); !size && size.error().code == ErrorCode::corrupt) {
          return failure(ErrorCode::bad_argument, std::move(size.error().message));
        }
        return array;
      }
      case Kind::function: {
        Type type;
        type.kind = Kind::function;
        type.target = store_.refer(to);
        type.variadic = step.variadic;
        for (const TypeRef parameter : step.parameters)
          type.parameters.push_back({{}, store_.refer(parameter)});
        return store_.add(std::move(type));
      }
      default: return store_.qualified(step.kind, to);
    }
  }

  Result<void> read_declarator(Declarator& declarator) {
    const Level level(depth_);
    if (depth_ > deepest_nesting) return failure(ErrorCode::bad_argument, "a declaration nested too deeply");
    std::vector<Step> pointers;
    while (true) {
      std::vector<Kind> kinds;
      while (true) {
        const auto read = qualifiers_and_noise(kinds);
        if (!read) return failure(read);
        if (!*read) break;
      }
      std::sort(kinds.begin(), kinds.end(), std::greater<>());
      for (const Kind kind : kinds)
        pointers.push_back({kind});
      if (!token_.is("*")) break;
      pointers.push_back({Kind::pointer});
      if (pointers.size() > most_steps) return unexpected();
      if (auto moved = advance(); !moved) return moved;
    }
    if (auto read = direct_declarator(declarator); !read) return read;
    declarator.steps.insert(declarator.steps.end(), pointers.rbegin(), pointers.rend());
    if (declarator.steps.size() > most_steps) return unexpected();
    return {};
  }

  /// The name or a declarator in parentheses, then arrays and parameter lists.
  Result<void> direct_declarator(Declarator& declarator) {
    bool may_be_group = true;
    if (token_.kind == Token::Kind::word) {
      declarator.name = token_.text;
      may_be_group = false;
      if (auto moved = advance(); !moved) return moved;
    }
    while (token_.is("[") || token_.is("(")) {
      const bool array = token_.is("[");
      if (auto moved = advance(); !moved) return moved;
      const bool group = !array && may_be_group && (token_.is("*") || token_.is("(") || token_.is("["));
      may_be_group = false;
      auto read = array ? array_suffix(declarator) : group ? group_in(declarator) : parameter_list(declarator);
      if (!read) return read;
      if (declarator.steps.size() > most_steps) return unexpected();
    }
    return {};
  }

  Result<void> group_in(Declarator& declarator) {
    if (auto read = read_declarator(declarator); !read) return read;
    return expect(")");
  }

  Result<void> array_suffix(Declarator& declarator) {
    Step step{Kind::array};
    if (!token_.is("]")) {
      const auto count = number();
      if (!count) return failure(count);
      step.count = *count;
    }
    declarator.steps.push_back(step);
    return expect("]");
  }

  Result<void> parameter_list(Declarator& declarator) {
    Step step{Kind::function};
    while (!token_.is(")")) {
      if (token_.is("...")) {
        step.variadic = true;
        if (auto moved = advance(); !moved) return moved;
        break;
      }
      const auto base = specifiers();
      if (!base) return failure(base);
      const auto parameter = declared(*base);
      if (!parameter) return failure(parameter);
      step.parameters.push_back(parameter->type);
      if (!token_.is(",")) break;
      if (auto moved = advance(); !moved) return moved;
    }
    if (step.parameters.size() == 1 && describe(step.parameters[0]).kind == Kind::void_) step.parameters.clear();
    declarator.steps.push_back(std::move(step));
    return expect(")");
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  DerivedTypes& store_;
  const TypeLookup& lookup_;
  UnknownTag unknown_;
  unsigned depth_ = 0;
};

}  // namespace

Result<Declaration> parse_declaration(std::string_view text, DerivedTypes& store, const TypeLookup& lookup,
                                      UnknownTag unknown) {
  return Parser(text, store, lookup, unknown).run();
}

}  // namespace alicia::types

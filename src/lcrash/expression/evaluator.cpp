// SPDX-License-Identifier: GPL-3.0-or-later
//
// C's expressions (ISO C 6.5) by precedence climbing, evaluated as they are read. What makes C hard to parse, that a
// cast looks like an expression in parentheses, is settled by looking: what stands in parentheses is a type where it
// begins with one of C's own words, or where it is a type's name, stars, and something to be cast behind it.
#include "lcrash/expression/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/escape.hpp"
#include "lcrash/expression/token.hpp"
#include "types/base_types.hpp"

namespace alicia::lcrash {
namespace {

using types::Kind;
using types::TypeRef;

constexpr std::size_t kLongestExpression = 65536;
constexpr unsigned kDeepestExpression = 200;

struct Binary {
  std::string_view sign;
  unsigned precedence;
};
constexpr auto kBinaries = std::to_array<Binary>({{"||", 1},
                                                  {"&&", 2},
                                                  {"|", 3},
                                                  {"^", 4},
                                                  {"&", 5},
                                                  {"==", 6},
                                                  {"!=", 6},
                                                  {"<", 7},
                                                  {"<=", 7},
                                                  {">", 7},
                                                  {">=", 7},
                                                  {"<<", 8},
                                                  {">>", 8},
                                                  {"+", 9},
                                                  {"-", 9},
                                                  {"*", 10},
                                                  {"/", 10},
                                                  {"%", 10}});

unsigned precedence_of(const Token& token) {
  if (token.kind != Token::Kind::punctuation) return 0;
  const auto* found = std::ranges::find(kBinaries, token.text, &Binary::sign);
  return found == kBinaries.end() ? 0 : found->precedence;
}

bool begins_type(std::string_view word) {
  constexpr auto words = std::to_array<std::string_view>({"struct", "union", "enum", "const", "volatile"});
  return std::ranges::find(words, word) != words.end() || types::BaseWords().take(word);
}

class Parser {
 public:
  Parser(const Scope& scope, std::string_view text) : scope_(scope), arithmetic_(scope), tokens_(text) {}

  Result<Operand> run() {
    if (tokens_.text().size() > kLongestExpression)
      return failure(ErrorCode::bad_argument, "an expression too long to be one");
    if (auto read = advance(); !read) return failure(read);
    if (token_.kind == Token::Kind::end) return failure(ErrorCode::bad_argument, "an expression is missing");
    auto result = binary(1);
    if (result && token_.kind != Token::Kind::end) return unexpected();
    return result;
  }

 private:
  /// Counts nesting for as long as it lives.
  class Level {
   public:
    explicit Level(unsigned& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Result<void> check() const {
      if (depth_ > kDeepestExpression) return failure(ErrorCode::bad_argument, "an expression nested too deeply");
      return {};
    }

   private:
    unsigned& depth_;
  };

  Result<void> advance() {
    auto token = tokens_.next();
    if (!token) return failure(std::move(token));
    token_ = *token;
    return {};
  }

  Result<void> expect(std::string_view wanted) {
    if (!token_.is(wanted)) return unexpected();
    return advance();
  }

  tl::unexpected<Error> unexpected() const {
    const std::string shown = token_.kind == Token::Kind::end ? "end" : visible(token_.text.substr(0, 80));
    return failure(ErrorCode::bad_argument,
                   fmt::format("unexpected {} in {}", shown == "end" ? shown : "'" + shown + "'",
                               visible(tokens_.text().substr(0, 200))));
  }

  Result<Operand> binary(unsigned lowest) {
    const Level level(depth_);
    if (auto good = level.check(); !good) return failure(good);
    auto left = unary();
    while (left) {
      const unsigned precedence = precedence_of(token_);
      if (precedence < lowest || precedence == 0) return left;
      const std::string_view sign = token_.text;
      if (auto read = advance(); !read) return failure(read);
      left = sign == "&&" || sign == "||" ? logical(sign, *left, precedence) : joined(sign, *left, precedence);
    }
    return left;
  }

  Result<Operand> joined(std::string_view sign, const Operand& left, unsigned precedence) {
    const auto right = binary(precedence + 1);
    if (!right) return right;
    return arithmetic_.binary(sign, left, *right);
  }

  /// The right side is read in any case, but looked at in memory only where it counts.
  Result<Operand> logical(std::string_view sign, const Operand& left, unsigned precedence) {
    const auto first = arithmetic_.is_true(left);
    if (!first) return failure(first);
    const bool decided = *first == (sign == "||");
    const bool skipping = arithmetic_.skipping();
    arithmetic_.skip(skipping || decided);
    const auto right = binary(precedence + 1);
    const auto second = right ? arithmetic_.is_true(*right) : Result<bool>(failure(right));
    arithmetic_.skip(skipping);
    if (!second) return failure(second);
    return arithmetic_.integer((decided ? *first : *second) ? 1 : 0, 4, true);
  }

  Result<Operand> unary() {
    const Level level(depth_);
    if (auto good = level.check(); !good) return failure(good);
    if (token_.is("sizeof")) return size_of();
    if (token_.kind == Token::Kind::punctuation) {
      for (const std::string_view sign : {"*", "&", "-", "+", "!", "~"}) {
        if (!token_.is(sign)) continue;
        if (auto read = advance(); !read) return failure(read);
        const auto operand = unary();
        if (!operand) return operand;
        if (sign == "*") return arithmetic_.pointed_to(*operand);
        if (sign == "&") return arithmetic_.address_of(*operand);
        return arithmetic_.unary(sign, *operand);
      }
      if (token_.is("(")) {
        const auto type = cast_type();
        if (!type) return failure(type);
        if (*type) {
          const auto operand = unary();
          if (!operand) return operand;
          return arithmetic_.cast(*operand, **type);
        }
      }
    }
    return postfix();
  }

  /// Where the `(` begins a cast: its type, and what is behind it is next. Else nothing is read.
  Result<std::optional<TypeRef>> cast_type() {
    const std::size_t start = tokens_.position();
    const Token opening = token_;
    const auto type = type_in_parentheses();
    if (!type) return failure(type);
    if (*type && *type_is_certain_ == false && !begins_operand()) {
      tokens_.seek(start);
      token_ = opening;
      return std::optional<TypeRef>{};
    }
    if (!*type) {
      tokens_.seek(start);
      token_ = opening;
    }
    return *type;
  }

  bool begins_operand() const {
    if (token_.kind == Token::Kind::word || token_.kind == Token::Kind::number) return true;
    return token_.is("(") || token_.is("*") || token_.is("&") || token_.is("-") || token_.is("!") || token_.is("~");
  }

  /// `(TYPE)`, read to behind it; nothing where it is none.
  Result<std::optional<TypeRef>> type_in_parentheses() {
    const std::size_t begin = tokens_.position();
    if (auto read = advance(); !read) return failure(read);
    if (token_.kind != Token::Kind::word) return std::optional<TypeRef>{};
    const bool certain = begins_type(token_.text);
    type_is_certain_ = certain;
    unsigned open = 1;
    const std::string_view first = token_.text;
    bool words_and_stars = true, stars = false;
    while (true) {
      if (auto read = advance(); !read) return failure(read);
      if (token_.kind == Token::Kind::end) {
        if (certain) return unexpected();
        return std::optional<TypeRef>{};
      }
      if (token_.is("(")) ++open;
      if (token_.is(")") && --open == 0) break;
      words_and_stars = words_and_stars && token_.is("*");
      stars = stars || token_.is("*");
    }
    const std::string_view text = tokens_.text().substr(begin, token_.begin - begin);
    if (!certain && (!words_and_stars || (!stars && scope_.symbol(first, true)))) return std::optional<TypeRef>{};
    const auto type = scope_.types.find(text);
    if (!type && !certain) {
      // `(nosuch *)0x…` can be nothing but a cast.
      if (!stars || type.error().code != ErrorCode::no_such_type) return std::optional<TypeRef>{};
      if (auto read = advance(); !read) return failure(read);
      return failure(type);
    }
    if (!type) return failure(type);
    if (auto read = advance(); !read) return failure(read);
    if (stars) type_is_certain_ = true;
    return std::optional(*type);
  }

  Result<Operand> size_of() {
    if (auto read = advance(); !read) return failure(read);
    std::optional<TypeRef> type;
    if (token_.is("(")) {
      const std::size_t start = tokens_.position();
      const Token opening = token_;
      const auto named = type_in_parentheses();
      if (!named) return failure(named);
      type = *named;
      if (!type) {
        tokens_.seek(start);
        token_ = opening;
      }
    }
    if (!type) {
      const bool skipping = arithmetic_.skipping();
      arithmetic_.skip(true);
      const auto operand = unary();
      arithmetic_.skip(skipping);
      if (!operand) return operand;
      if (operand->has_unknown_type) return failure(ErrorCode::type_mismatch, "the symbol's type is unknown");
      type = operand->type;
    }
    const auto size = scope_.types.size_of(*type);
    if (!size) return failure(size);
    return arithmetic_.integer(*size, 8, false);
  }

  Result<Operand> postfix() {
    auto operand = primary();
    while (operand) {
      if (token_.is("[")) {
        operand = element(*operand);
      } else if (token_.is(".") || token_.is("->")) {
        operand = member(*operand);
      } else {
        return operand;
      }
    }
    return operand;
  }

  Result<Operand> element(const Operand& array) {
    if (auto read = advance(); !read) return failure(read);
    const auto index = binary(1);
    if (!index) return index;
    if (auto closed = expect("]"); !closed) return failure(closed);
    const auto place = arithmetic_.binary("+", array, *index);
    if (!place) return place;
    return arithmetic_.pointed_to(*place);
  }

  /// A dot or an arrow: both follow a pointer.
  Result<Operand> member(const Operand& of) {
    if (auto read = advance(); !read) return failure(read);
    if (token_.kind != Token::Kind::word) return unexpected();
    const std::string_view name = token_.text;
    if (auto read = advance(); !read) return failure(read);
    Operand structure = of;
    if (!of.in_memory || scope_.types.describe(scope_.types.complete(of.type)).kind == Kind::pointer) {
      const auto target = arithmetic_.pointed_to(of);
      if (!target) return target;
      structure = *target;
    }
    const auto field = scope_.types.member(structure.type, name);
    if (!field) return failure(field);
    Operand result;
    result.type = field->type;
    result.in_memory = true;
    result.place = {scope_.types.wrap(structure.place.address + field->bit_offset / 8), field->type,
                    static_cast<std::uint32_t>(field->bit_offset % 8), field->bitfield_bits};
    return result;
  }

  Result<Operand> primary() {
    if (token_.is("(")) {
      if (auto read = advance(); !read) return failure(read);
      auto inside = binary(1);
      if (!inside) return inside;
      if (auto closed = expect(")"); !closed) return failure(closed);
      return inside;
    }
    const Token token = token_;
    if (token.kind != Token::Kind::word && token.kind != Token::Kind::number) return unexpected();
    if (auto read = advance(); !read) return failure(read);
    if (token.kind == Token::Kind::number) return constant(token);
    return symbol(token.text);
  }

  /// The first of int, unsigned, long and unsigned long that holds it, of those that C lets it have.
  Operand constant(const Token& token) const {
    if (token.is_character) return arithmetic_.integer(token.value, 4, true);
    const bool may_be_signed = !token.is_unsigned;
    const bool may_be_unsigned = token.is_unsigned || !token.is_decimal;
    if (!token.is_long && may_be_signed && token.value <= 0x7fffffff) return arithmetic_.integer(token.value, 4, true);
    if (!token.is_long && may_be_unsigned && token.value <= 0xffffffff)
      return arithmetic_.integer(token.value, 4, false);
    return arithmetic_.integer(token.value, 8, may_be_signed && token.value <= 0x7fffffffffffffff);
  }

  Result<Operand> symbol(std::string_view name) const {
    const bool may_be_number = is_hexadecimal_word(name);
    const auto address = scope_.symbol(name, may_be_number);
    if (!address) {
      if (!may_be_number) return failure(address);
      return Tokens(fmt::format("0x{}", name)).next().map([this](const Token& token) { return constant(token); });
    }
    Operand result;
    result.in_memory = true;
    const auto type = scope_.type_of_symbol(name);
    result.type = type.value_or(scope_.types.void_type());
    result.has_unknown_type = !type;
    result.place = {*address, result.type};
    return result;
  }

  const Scope& scope_;
  Arithmetic arithmetic_;
  Tokens tokens_;
  Token token_;
  std::optional<bool> type_is_certain_;
  unsigned depth_ = 0;
};

}  // namespace

Result<Operand> evaluate(const Scope& scope, std::string_view text) {
  return Parser(scope, text).run();
}

}  // namespace alicia::lcrash

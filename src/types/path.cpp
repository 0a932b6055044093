// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/escape.hpp"
#include "types/lexer.hpp"
#include "types/value.hpp"

namespace alicia::types {
namespace {

class PathWalker {
 public:
  PathWalker(const MemoryReader& memory, TypeSystem& types, Object base, std::string_view path)
      : memory_(memory), types_(types), path_(path), lexer_(path), place_{base.address, base.type} {}

  Result<Place> run() {
    if (auto moved = advance(); !moved) return failure(moved);
    if (token_.kind == Token::Kind::end) return unexpected();
    bool first = true;
    while (token_.kind != Token::Kind::end) {
      auto step = token_.is("[") ? index() : member(first);
      if (!step) return failure(step);
      first = false;
    }
    return place_;
  }

 private:
  Result<void> advance() {
    auto token = lexer_.next();
    if (!token) return failure(std::move(token));
    token_ = *token;
    return {};
  }

  tl::unexpected<Error> unexpected() const {
    return failure(ErrorCode::bad_argument, fmt::format("not a member path: {}", visible(path_.substr(0, 200))));
  }

  std::string shown(TypeRef type) const { return visible(types_.spell(type)); }

  void move(std::uint64_t bytes, TypeRef type) { place_ = {types_.wrap(place_.address + bytes), type}; }

  /// If the path stands on a pointer, goes where it points to.
  Result<void> follow_pointer() {
    const TypeRef bare = types_.strip(place_.type);
    const Type& described = types_.describe(bare);
    if (described.kind != Kind::pointer) return {};
    const auto target = read_pointer(memory_, types_, place_.address);
    if (!target) return failure(target);
    if (target->value == 0) {
      return failure(ErrorCode::bad_address,
                     fmt::format("null {} in {}", shown(place_.type), visible(path_.substr(0, 200))), 0);
    }
    place_ = {*target, types_.follow(bare, described.target)};
    return {};
  }

  Result<void> member(bool first) {
    if (!first) {
      if (!token_.is(".") && !token_.is("->")) return unexpected();
      if (auto moved = advance(); !moved) return moved;
    }
    if (token_.kind != Token::Kind::word) return unexpected();
    if (auto followed = follow_pointer(); !followed) return followed;
    const auto field = types_.member(place_.type, token_.text);
    if (!field) return failure(field);
    move(field->bit_offset / 8, field->type);
    place_.bit_shift = static_cast<std::uint32_t>(field->bit_offset % 8);
    place_.bitfield_bits = field->bitfield_bits;
    return advance();
  }

  Result<void> index() {
    if (auto moved = advance(); !moved) return moved;
    const bool negative = token_.is("-");
    if (negative) {
      if (auto moved = advance(); !moved) return moved;
    }
    if (token_.kind != Token::Kind::number) return unexpected();
    const std::uint64_t number = token_.value;
    if (auto moved = advance(); !moved) return moved;
    if (!token_.is("]")) return unexpected();
    if (auto done = element(number, negative); !done) return done;
    return advance();
  }

  Result<void> element(std::uint64_t number, bool negative) {
    const TypeRef bare = types_.strip(place_.type);
    const Type& described = types_.describe(bare);
    if (described.kind != Kind::array && described.kind != Kind::pointer) {
      return failure(ErrorCode::type_mismatch, fmt::format("{} has no elements", shown(place_.type)));
    }
    // A count of 0 is a flexible array's: how far it goes only the kernel's code knows.
    const bool bounded = described.kind == Kind::array && described.count != 0;
    if ((bounded && number >= described.count) || (negative && described.kind == Kind::array)) {
      return failure(ErrorCode::bad_argument,
                     fmt::format("index {}{} lies outside {}", negative ? "-" : "", number, shown(place_.type)));
    }
    const TypeRef type = types_.follow(bare, described.target);
    const auto size = types_.size_of(type);
    if (!size) return failure(size);
    if (auto followed = follow_pointer(); !followed) return followed;
    move((negative ? 0 - number : number) * *size, type);
    return {};
  }

  const MemoryReader& memory_;
  TypeSystem& types_;
  std::string_view path_;
  Lexer lexer_;
  Token token_;
  Place place_;
};

/// Stands in for memory where a path must not need any.
class NoMemory final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress, std::span<std::byte>) const override {
    return failure(ErrorCode::bad_argument, "the path follows a pointer");
  }
};

}  // namespace

Result<Place> walk_path(const MemoryReader& memory, TypeSystem& types, Object base, std::string_view path) {
  return PathWalker(memory, types, base, path).run();
}

Result<Field> field_at(TypeSystem& types, TypeRef structure, std::string_view path) {
  const auto place = walk_path(NoMemory{}, types, {VirtualAddress{0}, structure}, path);
  if (!place) return failure(place);
  return Field{place->type, place->address.value * 8 + place->bit_shift, place->bitfield_bits};
}

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
//
// What `ptype /o struct page` of the gdb in crash 8.0.2 (10.2) looks like, whatever its radix:
//
//   /* offset    |  size */  type = struct page {
//   /*    0      |     8 */    unsigned long flags;
//   /*    8      |    40 */    union {
//   /*                40 */        struct {
//   /*    8      |    16 */            struct list_head {
//   /*    8      |     8 */                struct list_head *next;
//   /*   16      |     8 */                struct list_head *prev;
//
//                                          /* total size (bytes):   16 */
//                                      } lru;
//   /*   24: 3   |     4 */            unsigned int hint : 5;
//
// Every struct within the struct is printed in full, named ones too, with offsets counted from the outermost start. A
// member of a union has no offset of its own: it is the union's. Bit-fields say byte and bit. Holes are remarks. So one
// answer gives every layout in it, where `struct -o` knows neither bits nor what is inside.
#include "debugger/ptype.hpp"

#include <fmt/format.h>

#include <optional>

#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

constexpr std::size_t deepest = 64;

tl::unexpected<Error> unreadable(std::string_view line) {
  return failure(ErrorCode::corrupt, fmt::format("cannot read a type from gdb's answer: {}", line.substr(0, 120)));
}

// The numbers in front of a line.
struct Remark {
  std::optional<std::uint64_t> offset, bit, size;
};

Remark parse_remark(std::string_view text) {
  Remark remark;
  const auto bar = text.find('|');
  if (bar == text.npos) {
    remark.size = number(trimmed(text));
    return remark;
  }
  const auto place = text.substr(0, bar);
  const auto colon = place.find(':');
  remark.offset = number(trimmed(place.substr(0, colon)));
  if (colon != place.npos) remark.bit = number(trimmed(place.substr(colon + 1)));
  remark.size = number(trimmed(text.substr(bar + 1)));
  return remark;
}

struct Header {
  std::string before;  // qualifiers
  types::Kind kind;
  std::string tag;
};

// `const struct list_head {`, without the brace.
std::optional<Header> parse_header(std::string_view text) {
  Header header{};
  const auto words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "struct" && words[i] != "union") {
      header.before += std::string(words[i]) + ' ';
      continue;
    }
    if (words.size() > i + 2) return std::nullopt;
    header.kind = words[i] == "struct" ? types::Kind::structure : types::Kind::union_;
    if (words.size() == i + 2) header.tag = words[i + 1];
    return header;
  }
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(bool with_places) : with_places_(with_places) {}

  Result<PtypeBody> read(std::string_view text) {
    for (const std::string_view line : lines_of(text)) {
      if (auto taken = take(line); !taken) return failure(std::move(taken));
      if (finished_) return std::move(*root_);
    }
    return unreadable(text.substr(0, text.find('\n')));
  }

 private:
  // A struct being read: where it begins, counted from the outermost one.
  struct Scope {
    std::unique_ptr<PtypeBody> body;
    std::uint64_t bit_offset = 0;
    std::string before;
  };

  Result<void> take(std::string_view line) {
    auto code = trimmed(line);
    Remark remark;
    if (code.starts_with("/*")) {
      const auto end = code.find("*/");
      if (end == code.npos) return unreadable(line);
      const auto comment = trimmed(code.substr(2, end - 2));
      code = trimmed(code.substr(end + 2));
      if (comment.starts_with("total size (bytes):") && !scopes_.empty()) {
        scopes_.back().body->size = number(trimmed(comment.substr(comment.find(':') + 1))).value_or(0);
        return {};
      }
      remark = parse_remark(comment);
    }
    if (code.starts_with("type = ")) code.remove_prefix(7);
    if (code.empty() || code == "<no data fields>") return {};
    if (code.ends_with('{')) return open(code.substr(0, code.size() - 1), remark, line);
    if (scopes_.empty()) return root_begun_ ? unreadable(line) : Result<void>();  // noise before the answer
    if (code.starts_with('}')) return close(code.substr(1), line);
    if (code.starts_with("<incomplete type>")) {
      scopes_.back().body->complete = false;
      return {};
    }
    return member(code, remark, line);
  }

  // In a union, members begin where the union does.
  Result<std::uint64_t> place_of(const Remark& remark, std::string_view line) const {
    if (!with_places_) return 0;
    if (!remark.offset) {
      if (scopes_.back().body->kind != types::Kind::union_) return unreadable(line);
      return scopes_.back().bit_offset;
    }
    if (*remark.offset > (std::uint64_t{1} << 40)) return unreadable(line);
    const auto place = *remark.offset * 8 + remark.bit.value_or(0);
    if (place < scopes_.back().bit_offset) return unreadable(line);
    return place;
  }

  Result<void> open(std::string_view code, const Remark& remark, std::string_view line) {
    auto header = parse_header(code);
    if (!header || scopes_.size() >= deepest || (scopes_.empty() && root_begun_)) return unreadable(line);
    Scope scope{std::make_unique<PtypeBody>(), 0, std::move(header->before)};
    scope.body->kind = header->kind;
    scope.body->tag = std::move(header->tag);
    scope.body->size = remark.size.value_or(0);
    if (!scopes_.empty()) {
      const auto place = place_of(remark, line);
      if (!place) return failure(place);
      scope.bit_offset = *place;
    }
    root_begun_ = true;
    scopes_.push_back(std::move(scope));
    return {};
  }

  Result<void> close(std::string_view code, std::string_view line) {
    Scope scope = std::move(scopes_.back());
    scopes_.pop_back();
    if (scopes_.empty()) {
      root_ = std::move(scope.body);
      finished_ = true;
      return {};
    }
    if (!code.ends_with(';')) return unreadable(line);
    PtypeMember member;
    member.before = std::move(scope.before);
    member.declarator = trimmed(code.substr(0, code.size() - 1));
    member.bit_offset = scope.bit_offset - scopes_.back().bit_offset;
    member.body = std::move(scope.body);
    scopes_.back().body->members.push_back(std::move(member));
    return {};
  }

  Result<void> member(std::string_view code, const Remark& remark, std::string_view line) {
    if (!code.ends_with(';')) return unreadable(line);
    code = trimmed(code.substr(0, code.size() - 1));
    PtypeMember member;
    const auto place = place_of(remark, line);
    if (!place) return failure(place);
    member.bit_offset = *place - scopes_.back().bit_offset;
    if (const auto colon = code.rfind(" : "); colon != code.npos) {
      const auto bits = number(trimmed(code.substr(colon + 3)));
      if (!bits || *bits == 0 || *bits > 128) return unreadable(line);
      member.bitfield_bits = static_cast<std::uint32_t>(*bits);
      code = code.substr(0, colon);
    }
    member.declarator = code;
    scopes_.back().body->members.push_back(std::move(member));
    return {};
  }

  bool with_places_;
  std::vector<Scope> scopes_;
  std::unique_ptr<PtypeBody> root_;
  bool root_begun_ = false;
  bool finished_ = false;
};

}  // namespace

Result<PtypeBody> parse_ptype(std::string_view text) {
  return Reader(true).read(text);
}

Result<PtypeBody> parse_definition(std::string_view text) {
  return Reader(false).read(text);
}

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
//
// C declares as it uses: what is read first stands next to the name, so a type is spelled from its outside in, each
// pointer, array or function wrapping what is there already, and the innermost type's name put in front at last.
#include <fmt/format.h>

#include "types/base_types.hpp"
#include "types/layout.hpp"

namespace alicia::types {
namespace {

std::string tagged(std::string_view keyword, const Type& type) {
  return fmt::format("{} {}", keyword, type.name.empty() ? "{...}" : type.name);
}

std::string base_name(const Type& type) {
  switch (type.kind) {
    case Kind::structure: return tagged("struct", type);
    case Kind::union_: return tagged("union", type);
    case Kind::enumeration: return tagged("enum", type);
    case Kind::forward:
      return tagged(type.declared == Kind::union_        ? "union"
                    : type.declared == Kind::enumeration ? "enum"
                                                         : "struct",
                    type);
    case Kind::void_: return "void";
    case Kind::integer: return std::string(short_spelling(type.name));
    default: return type.name;
  }
}

std::string_view qualifier(Kind kind) {
  return kind == Kind::const_ ? "const" : kind == Kind::volatile_ ? "volatile" : "restrict";
}

/// What `type` is once qualifiers are taken off.
Kind kind_behind_qualifiers(TypeRef type) {
  for (unsigned hops = 0; hops < 8; ++hops) {
    const Type& described = describe(type);
    if (described.kind != Kind::const_ && described.kind != Kind::volatile_ && described.kind != Kind::restrict_) break;
    type = follow(type, described.target);
  }
  return describe(type).kind;
}

class Speller {
 public:
  std::string declare(TypeRef type, std::string inner) {
    std::string prefix;
    while (steps_ != 0) {
      --steps_;
      const Type& described = describe(type);
      const TypeRef target = follow(type, described.target);
      switch (described.kind) {
        case Kind::pointer: {
          const Kind pointee = kind_behind_qualifiers(target);
          const bool binds_weaker = pointee == Kind::array || pointee == Kind::function;
          inner = binds_weaker ? fmt::format("(*{})", inner) : "*" + inner;
          break;
        }
        case Kind::array: inner += described.count == 0 ? "[]" : fmt::format("[{}]", described.count); break;
        case Kind::function: inner += parameters(type); break;
        case Kind::const_:
        case Kind::volatile_:
        case Kind::restrict_:
          if (kind_behind_qualifiers(target) != Kind::pointer) {
            // Sources nest them either way; people write const first.
            prefix.insert(described.kind == Kind::const_ ? 0 : prefix.size(),
                          fmt::format("{} ", qualifier(described.kind)));
          } else {
            inner = fmt::format("{}{}{}", qualifier(described.kind), inner.empty() ? "" : " ", inner);
          }
          break;
        default: return prefix + base_name(described) + (inner.empty() ? "" : " ") + inner;
      }
      type = target;
    }
    return prefix + "... " + inner;
  }

 private:
  std::string parameters(TypeRef function) {
    const Type& described = describe(function);
    std::string text;
    for (const Parameter& parameter : described.parameters) {
      if (!text.empty()) text += ", ";
      text += declare(follow(function, parameter.type), {});
      if (steps_ == 0) break;
    }
    if (described.variadic) text += text.empty() ? "..." : ", ...";
    return fmt::format("({})", text.empty() ? "void" : text);
  }

  unsigned steps_ = 1000;  // prototypes may hold prototypes without end
};

}  // namespace

std::string spell(TypeRef type, std::string_view name) {
  return Speller().declare(type, std::string(name));
}

}  // namespace alicia::types

// SPDX-License-Identifier: GPL-3.0-or-later
//
// What has no tag is told by an expression that has its type: `(*(struct X *)0).slots[0]`. It stands in a declaration
// as `{...}`, where it isn't told in full.
#include "debugger/asked_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "debugger/text.hpp"
#include "types/declarator.hpp"
#include "types/layout.hpp"

namespace alicia::debugger {
namespace {

using types::Kind;
using types::Tag;
using types::TypeId;
using types::TypeRef;

constexpr std::string_view placeholder = "alicia_unnamed";  // for what has no tag, while it is parsed
constexpr unsigned most_steps = 16;                         // of arrays and pointers around an unnamed type

std::string_view keyword(Kind kind) {
  return kind == Kind::union_ ? "union" : kind == Kind::enumeration ? "enum" : "struct";
}

std::optional<Kind> kind_of(std::string_view word) {
  for (const Kind kind : {Kind::structure, Kind::union_, Kind::enumeration}) {
    if (word == keyword(kind)) return kind;
  }
  return std::nullopt;
}

bool is_identifier(std::string_view name) {
  return !name.empty() && name.size() <= 256 && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

AskedTypes::AskedTypes(std::unique_ptr<TypeQuestions> questions, unsigned pointer_bytes)
    : questions_(std::move(questions)), store_(pointer_bytes) {
  entries_.emplace_back().state = State::ready;  // void
  unknown_.kind = Kind::forward;
}

// True: there is an answer. False: there is no such type. Nothing: the debugger could not be asked.
template <class T>
std::optional<bool> AskedTypes::heard(const TypeQuestions::Answer<T>& answer) {
  trouble_ = answer ? std::nullopt : std::optional(answer.error());
  if (!answer) return std::nullopt;
  return answer->has_value();
}

TypeId AskedTypes::add(Entry entry) {
  entries_.push_back(std::move(entry));
  return static_cast<TypeId>(entries_.size() - 1);
}

TypeId AskedTypes::named(Kind kind, std::string_view name) {
  const auto known = named_.find(std::pair(kind, std::string(name)));
  if (known != named_.end()) return known->second;
  Entry entry;
  entry.type.kind = kind;
  entry.type.name = name;
  entry.question = kind == Kind::typedef_ ? std::string(name) : fmt::format("{} {}", keyword(kind), name);
  entry.object = fmt::format("(*({} *)0)", entry.question);
  return named_.emplace(std::pair(kind, std::string(name)), add(std::move(entry))).first->second;
}

TypeId AskedTypes::refer(TypeRef type) {
  if (type.source == this) return type.id;
  const auto [known, fresh] = foreign_.try_emplace(type.id, 0);
  if (!fresh) return known->second;
  Entry entry;
  entry.state = State::foreign;
  entry.foreign = type;
  return known->second = add(std::move(entry));
}

TypeRef AskedTypes::resolve(TypeId id) {
  if (id < entries_.size() && entries_[id].state == State::foreign) return entries_[id].foreign;
  return {this, id};
}

const types::Type& AskedTypes::type(TypeId id) {
  if (id >= entries_.size()) return unknown_;
  const Entry& entry = entries_[id];
  if (entry.state == State::foreign) return types::describe(entry.foreign);
  if (entry.state == State::pending && !parsing_) load(id);
  return entry.state == State::ready ? entry.type : unknown_;
}

std::optional<TypeId> AskedTypes::find(Tag tag, std::string_view name) {
  if (tag == Tag::base || !is_identifier(name)) return std::nullopt;
  const std::pair key(tag, std::string(name));
  if (const auto known = found_.find(key); known != found_.end()) return known->second;
  std::optional<TypeId> found;
  bool certain = true;
  const auto look = [&](Kind kind) {
    if (found) return;
    const TypeId id = named(kind, name);
    const auto loaded = load(id);
    if (loaded.value_or(false)) found = id;
    certain = certain && loaded.has_value();
  };
  if (tag == Tag::typedef_ || (tag == Tag::any && name.ends_with("_t"))) look(Kind::typedef_);
  if (tag == Tag::structure || tag == Tag::any) look(Kind::structure);
  if (tag == Tag::union_ || tag == Tag::any) look(Kind::union_);
  if (tag == Tag::any) look(Kind::typedef_);
  if (tag == Tag::enumeration || tag == Tag::any) look(Kind::enumeration);
  if (found || certain) found_.emplace(key, found);
  return found;
}

// True: it is there. False: there is no such type. Nothing: the debugger could not be asked.
std::optional<bool> AskedTypes::load(TypeId id) {
  const Entry& entry = entries_[id];
  if (entry.state == State::ready) return !entry.absent;
  const Kind kind = entry.type.kind;
  std::optional<bool> loaded = false;
  if (!entry.question.empty()) {
    loaded = kind == Kind::typedef_      ? load_typedef(id)
             : kind == Kind::enumeration ? load_enumeration(id)
                                         : load_body(id);
  }
  if (loaded == false) {  // nobody defines it: the name can still be pointed to
    Entry& absent = entries_[id];
    absent.type.kind = Kind::forward;
    absent.type.declared = kind == Kind::typedef_ ? Kind::structure : kind;
    absent.state = State::ready;
    absent.absent = true;
  }
  return loaded;
}

std::optional<bool> AskedTypes::load_body(TypeId id) {
  const auto answer = questions_->body(entries_[id].question, entries_[id].object);
  const auto there = heard(answer);
  if (there == true) fill(entries_[id], **answer);
  return there;
}

std::optional<bool> AskedTypes::load_enumeration(TypeId id) {
  const auto answer = questions_->enumeration(entries_[id].question);
  if (const auto there = heard(answer); there != true) return there;
  const auto parsed = parse((*answer)->declaration, {}, std::nullopt);
  Entry& entry = entries_[id];
  const types::Type& described = types::describe(parsed.type);
  if (described.kind != Kind::enumeration) return false;
  entry.type = described;
  entry.type.size = (*answer)->size.value_or(described.size);
  entry.state = State::ready;
  return true;
}

std::optional<bool> AskedTypes::load_typedef(TypeId id) {
  const auto answer = questions_->typedef_named(entries_[id].type.name);
  if (const auto there = heard(answer); there != true) return there;
  const std::string object = entries_[id].object;
  std::optional<TypeId> inner;
  if ((*answer)->body) inner = body(*(*answer)->body, object);
  const auto parsed = parse((*answer)->declaration, object, inner);
  Entry& entry = entries_[id];
  // A debugger may give a base type of an unusual name as itself.
  if (!(parsed.type == TypeRef{this, id})) entry.type.target = refer(parsed.type);
  entry.state = State::ready;
  return true;
}

// Parses a declaration; `unnamed` stands where it says `{...}`, or else a type yet to be asked for.
AskedTypes::Parsed AskedTypes::parse(std::string text, const std::string& object, std::optional<TypeId> unnamed) {
  constexpr std::string_view hidden = "{...}";
  std::optional<TypeId> waiting;
  if (const auto at = text.find(hidden); at != text.npos) {
    const auto before = words_of(std::string_view(text).substr(0, at));
    const auto kind = before.empty() ? std::nullopt : kind_of(before.back());
    if (kind) {  // no tag in between
      text.replace(at, hidden.size(), placeholder);
      if (!unnamed) {
        Entry entry;
        entry.type.kind = *kind;
        unnamed = waiting = add(std::move(entry));
      }
    }
  }
  const auto lookup = [&](Tag tag, std::string_view name) -> std::optional<TypeRef> {
    if (unnamed && name == placeholder) return TypeRef{this, *unnamed};
    switch (tag) {
      case Tag::structure: return TypeRef{this, named(Kind::structure, name)};
      case Tag::union_: return TypeRef{this, named(Kind::union_, name)};
      case Tag::enumeration: return TypeRef{this, named(Kind::enumeration, name)};
      case Tag::typedef_:
      case Tag::any: return TypeRef{this, named(Kind::typedef_, name)};
      case Tag::base: break;
    }
    return std::nullopt;
  };
  parsing_ = true;  // the parser looks at what it derives from, which is no reason to ask for it
  const auto declaration = types::parse_declaration(text, store_, lookup, types::UnknownTag::forward);
  parsing_ = false;
  if (!declaration) return {{}, store_.void_type()};
  if (waiting) {
    // Down the arrays and pointers to an object of the unnamed type.
    std::string expression = object;
    if (!declaration->name.empty()) expression += '.' + declaration->name;
    TypeRef at = declaration->type;
    for (unsigned step = 0; step < most_steps && at.source == &store_; ++step) {
      const types::Type& type = store_.type(at.id);
      if (type.kind == Kind::array) expression += "[0]";
      if (type.kind == Kind::pointer) expression = fmt::format("(*{})", expression);
      if (type.kind == Kind::function) break;
      at = store_.resolve(type.target);
    }
    if (at == TypeRef{this, *waiting} && !object.empty()) {
      entries_[*waiting].question = entries_[*waiting].object = expression;
    }
  }
  return {declaration->name, declaration->type};
}

// The type of a struct printed in place.
TypeId AskedTypes::body(const PtypeBody& body, const std::string& object) {
  TypeId id = 0;
  if (!body.tag.empty()) {
    id = named(body.kind, body.tag);
    const Entry& known = entries_[id];
    // Two units may have different structs of one name: this one is told by its size and members.
    if (known.state == State::ready &&
        (known.type.size == body.size && known.type.members.size() == body.members.size())) {
      return id;
    }
    if (known.state != State::pending) id = 0;
  }
  if (id == 0) {
    Entry entry;
    entry.object = object;
    id = add(std::move(entry));
  }
  fill(entries_[id], body);
  return id;
}

void AskedTypes::fill(Entry& entry, const PtypeBody& body) {
  types::Type type;
  type.kind = body.kind;
  type.name = body.tag;
  type.size = body.size;
  if (!body.complete) {
    type.kind = Kind::forward;
    type.declared = body.kind;
    type.size = 0;
  }
  type.members.reserve(body.members.size());
  for (const PtypeMember& from : body.members)
    type.members.push_back(member(from, entry.object));
  entry.type = std::move(type);
  entry.state = State::ready;
}

types::Member AskedTypes::member(const PtypeMember& from, const std::string& object) {
  std::optional<TypeId> inner;
  std::string text = from.declarator;
  if (from.body) {
    const bool named_member = is_identifier(from.declarator);
    inner = body(*from.body, named_member ? object + '.' + from.declarator : object);
    text = fmt::format("{}{} {{...}} {}", from.before, keyword(from.body->kind), from.declarator);
  }
  const Parsed parsed = parse(text, object, inner);
  return {parsed.name, refer(parsed.type), from.bit_offset, from.bitfield_bits};
}

}  // namespace alicia::debugger

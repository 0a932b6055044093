// SPDX-License-Identifier: GPL-3.0-or-later
//
// `whatis struct page` prints the definition, as C has it, what is unnamed within it in full; `whatis enum zone_type`
// the enumerators; `whatis pid_t` the typedef. None says where a member lies: see LcrashLayout.
#include "debugger/lcrash_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "debugger/lcrash_layout.hpp"
#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

bool begins_with_keyword(std::string_view text, std::initializer_list<std::string_view> keywords) {
  return std::any_of(keywords.begin(), keywords.end(), [&](std::string_view each) {
    return text.starts_with(each) && text.substr(each.size()).starts_with(' ');
  });
}

// `enum x {` and lines of `NAME = VALUE`, as one line of C; whatever stands behind the brace goes along.
std::string enumeration_in(std::string_view text) {
  std::string head(trimmed(text.substr(0, text.find('{'))));
  std::vector<std::string_view> enumerators;
  const auto close = text.rfind('}');
  for (std::string_view line : lines_of(text.substr(text.find('{') + 1, close - text.find('{') - 1))) {
    line = trimmed(line);
    if (line.ends_with(',')) line.remove_suffix(1);
    if (!line.empty()) enumerators.push_back(line);
  }
  auto behind = trimmed(text.substr(close + 1));
  if (behind.ends_with(';')) behind.remove_suffix(1);
  return fmt::format("{} {{{}}} {}", head, fmt::join(enumerators, ", "), behind);
}

class WhatisQuestions final : public TypeQuestions {
 public:
  WhatisQuestions(Connection::Ask ask, LcrashQueries& queries) : ask_(std::move(ask)), queries_(queries) {}

  Answer<PtypeBody> body(const std::string& type, const std::string& object) override {
    if (!begins_with_keyword(type, {"struct", "union"})) return std::nullopt;
    const auto answer = ask_("whatis " + type);
    if (!answer) return failure(answer);
    if (answer->find('{') == std::string::npos) return std::nullopt;
    return laid_out(*answer, type, object);
  }

  Answer<Enumeration> enumeration(const std::string& type) override {
    const auto answer = ask_("whatis " + type);
    if (!answer) return failure(answer);
    const auto text = trimmed(*answer);
    if (!begins_with_keyword(text, {"enum"}) || text.rfind('}') == text.npos || text.find("{...}") != text.npos)
      return std::nullopt;
    const auto size = ask_("sizeof " + type);
    if (!size) return failure(size);
    return Enumeration{enumeration_in(text), size_in(*size)};
  }

  Answer<Typedef> typedef_named(const std::string& name) override {
    const auto answer = ask_("whatis " + name);
    if (!answer) return failure(answer);
    auto text = trimmed(*answer);
    if (!begins_with_keyword(text, {"typedef"})) return std::nullopt;
    text = trimmed(text.substr(text.find(' ')));
    const auto close = text.rfind('}');
    auto behind = trimmed(text.substr(close == text.npos ? 0 : close + 1));
    if (behind.ends_with(';')) behind.remove_suffix(1);
    const bool told = close != text.npos && text.find("{...}") == text.npos;
    if (told && begins_with_keyword(text, {"enum"})) return Typedef{enumeration_in(text), nullptr};
    if (!told || !begins_with_keyword(text, {"struct", "union"})) {
      if (text.ends_with(';')) text.remove_suffix(1);
      return Typedef{std::string(text), nullptr};
    }
    const auto head = trimmed(text.substr(0, text.find('{')));
    const bool tagged = head.find(' ') != head.npos;
    std::string declaration = fmt::format("{}{} {}", head, tagged ? "" : " {...}", behind);
    if (behind.find('*') != behind.npos)
      return Typedef{std::move(declaration), nullptr};  // what it points to is not at 0
    auto body = laid_out(text, name, fmt::format("(*({} *)0)", name));
    if (!body) return failure(std::move(body));
    if (!*body) return std::nullopt;
    return Typedef{std::move(declaration), std::make_unique<PtypeBody>(std::move(**body))};
  }

 private:
  Answer<PtypeBody> laid_out(std::string_view text, const std::string& type, const std::string& object) {
    auto parsed = parse_definition(text);
    if (!parsed) return std::nullopt;
    const auto size = ask_("sizeof " + type);
    if (!size) return failure(size);
    parsed->size = size_in(*size).value_or(0);
    if (auto placed = LcrashLayout(ask_, queries_).place(*parsed, object); !placed) return failure(std::move(placed));
    return std::move(*parsed);
  }

  Connection::Ask ask_;
  LcrashQueries& queries_;
};

}  // namespace

LcrashTypes::LcrashTypes(Connection::Ask ask, LcrashQueries& queries, unsigned pointer_bytes)
    : AskedTypes(std::make_unique<WhatisQuestions>(std::move(ask), queries), pointer_bytes) {}

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Three questions give every type there is: `ptype /o struct X` the layout of a struct and of all that is printed
// inside it, `ptype enum X` its enumerators, `whatis T` what a typedef stands for, one step. The first question about a
// name takes gdb some 100 ms, since it reads the unit that defines it; a big struct a second.
//
// A type without a name is printed as `{...}` where it isn't expanded: in arrays (`struct {...} slots[4]`), behind
// pointers, in typedefs. It is asked for by an expression that has this type: `ptype /o (*(struct X *)0).slots[0]`.
#include "debugger/crash_types.hpp"

#include <fmt/format.h>

#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

// gdb's errors reach us as this one line.
bool refused(std::string_view answer) {
  return answer.find("gdb request failed:") != answer.npos;
}

// What stands behind `type = `, all on one line.
std::optional<std::string> type_text(std::string_view answer) {
  const auto at = answer.find("type = ");
  if (refused(answer) || at == answer.npos) return std::nullopt;
  return std::string(trimmed(answer.substr(at + 7, answer.find('\n', at) - at - 7)));
}

class GdbQuestions final : public TypeQuestions {
 public:
  explicit GdbQuestions(Connection::Ask ask) : ask_(std::move(ask)) {}

  Answer<PtypeBody> body(const std::string& type, const std::string& /*object*/) override {
    const auto answer = ask_("gdb ptype /o " + type);
    if (!answer) return failure(answer);
    if (refused(*answer)) return std::nullopt;
    auto parsed = parse_ptype(*answer);
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
  }

  Answer<Enumeration> enumeration(const std::string& type) override {
    const auto answer = ask_("gdb ptype " + type);
    if (!answer) return failure(answer);
    const auto text = type_text(*answer);
    if (!text) return std::nullopt;
    const auto size = ask_(fmt::format("gdb output/d sizeof({})", type));
    if (!size) return failure(size);
    return Enumeration{*text, number_in(*size)};
  }

  Answer<Typedef> typedef_named(const std::string& name) override {
    const auto answer = ask_("gdb whatis " + name);
    if (!answer) return failure(answer);
    auto text = type_text(*answer);
    if (!text || !is_type_name(name)) return std::nullopt;
    return Typedef{std::move(*text), nullptr};
  }

 private:
  bool is_type_name(std::string_view name) const {
    // A variable may be called so; only a type can be cast to.
    const auto answer = ask_(fmt::format("gdb whatis ({} *)0", name));
    return answer && type_text(*answer);
  }

  Connection::Ask ask_;
};

}  // namespace

CrashTypes::CrashTypes(Connection::Ask ask, unsigned pointer_bytes)
    : AskedTypes(std::make_unique<GdbQuestions>(std::move(ask)), pointer_bytes) {}

}  // namespace alicia::debugger

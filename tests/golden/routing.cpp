// SPDX-License-Identifier: GPL-3.0-or-later
// The routing of lines, as tables: one a mode in routing/, written from the rules and not from what the program did.
// The header of bare.txt explains the notation.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "shell/command_line.hpp"
#include "shell/router.hpp"

namespace alicia::shell {
namespace {

using Names = std::set<std::string, std::less<>>;

struct Table final : RoutingFacts {
  Names debugger, user, shipped, perl;
  bool debugger_there = false;
  std::map<std::string, std::string, std::less<>> variables;
  std::vector<std::pair<std::string, std::string>> lines;

  bool has_debugger() const override { return debugger_there; }
  bool is_debugger_command(std::string_view name) const override { return debugger.contains(name); }
  bool is_user_sub(std::string_view name) const override { return user.contains(name); }
  bool is_shipped_command(std::string_view name) const override { return shipped.contains(name); }
  bool is_perl_name(std::string_view name) const override { return perl.contains(name); }
  std::optional<std::string> variable(std::string_view name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<std::string> command_names() const override {
    std::vector<std::string> names(user.begin(), user.end());
    names.insert(names.end(), debugger.begin(), debugger.end());
    names.insert(names.end(), shipped.begin(), shipped.end());
    return names;
  }

  void add_fact(const std::string& fact) {
    const auto colon = fact.find(": ");
    if (colon == std::string::npos) return;
    const std::string kind = fact.substr(0, colon);
    std::istringstream words(fact.substr(colon + 2));
    if (kind == "variable") {
      const auto equals = fact.find('=');
      variables[fact.substr(colon + 2, equals - colon - 2)] = fact.substr(equals + 1);
      return;
    }
    Names* names = kind == "debugger"  ? &debugger
                   : kind == "user"    ? &user
                   : kind == "shipped" ? &shipped
                   : kind == "perl"    ? &perl
                                       : nullptr;
    if (names == nullptr) return;
    for (std::string word; words >> word;)
      names->insert(word);
    if (kind == "debugger" && debugger.erase("none") == 0) debugger_there = true;
  }
};

Table read_table(const std::string& mode) {
  Table table;
  std::ifstream stream(ROUTING_TABLES "/" + mode + ".txt");
  EXPECT_TRUE(stream) << mode;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("## ")) {
      table.add_fact(line.substr(3));
      continue;
    }
    if (line.empty()) continue;
    const auto arrow = line.find(" ==> ");
    EXPECT_NE(arrow, std::string::npos) << line;
    if (arrow != std::string::npos) table.lines.emplace_back(line.substr(0, arrow), line.substr(arrow + 5));
  }
  return table;
}

std::string describe(const Route& route) {
  std::string text;
  switch (route.kind) {
    case RouteKind::nothing: text = "nothing"; break;
    case RouteKind::shell_escape: text = fmt::format("sh [{}]", route.text); break;
    case RouteKind::builtin: text = "builtin " + route.name; break;
    case RouteKind::user_sub: text = "user " + route.name; break;
    case RouteKind::debugger: text = fmt::format("debugger [{}]", route.text); break;
    case RouteKind::shipped: text = "shipped " + route.name; break;
    case RouteKind::perl: text = fmt::format("perl [{}]", route.text); break;
    case RouteKind::error: text = "error " + route.text; break;
  }
  for (const auto& word : route.words)
    text += fmt::format(" [{}]", word);
  if (!route.shell_tail.empty()) text += fmt::format(" + sh [{}]", route.shell_tail);
  return text;
}

std::string describe_line(const Router& router, std::string line) {
  std::string text;
  do {
    const auto route = router.route(line);
    if (!text.empty()) text += " then ";
    text += describe(route);
    line = route.rest;
  } while (!line.empty());
  return text;
}

void check(const std::string& mode) {
  const Table table = read_table(mode);
  const Router router(table);
  EXPECT_GE(table.lines.size(), 80u);
  for (const auto& [line, expected] : table.lines) {
    const bool whole = expected == "perl" || expected == "debugger";
    EXPECT_EQ(describe_line(router, line), whole ? fmt::format("{} [{}]", expected, trimmed(line)) : expected)
        << mode << ": " << line;
  }
}

TEST(Routing, Bare) {
  check("bare");
}
TEST(Routing, Crash) {
  check("crash");
}
TEST(Routing, Lcrash) {
  check("lcrash");
}

}  // namespace
}  // namespace alicia::shell

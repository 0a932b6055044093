// SPDX-License-Identifier: GPL-3.0-or-later
// A line at the prompt is a command or Perl, and nothing marks which. `log | tail -3`, `log(10)` and `log = 3` begin
// alike, and so do `x = 3` and `x/4x jiffies`. What is glued to the leading identifier or follows it decides, in a
// fixed order that a person can foresee: a command is a word followed by words; anything that only an expression could
// go on with is Perl. Nothing is tried out: a line that is neither is an error, so that a slip of the finger never
// becomes a Perl statement that does nothing, or one that waits for its closing quote.
#include "shell/router.hpp"

#include <algorithm>
#include <array>

#include "shell/command_line.hpp"
#include "shell/nearest_word.hpp"
#include "shell/perl_words.hpp"

namespace alicia::shell {
namespace {

constexpr auto kBuiltins =
    std::to_array<std::string_view>({"load", "report", "help", "history", "quit", "q", "exit", "alicia"});

/// Commands whose words are C expressions: `p (a + b)`, `rd $addr`.
constexpr auto kTakesExpressions = std::to_array<std::string_view>(
    {"p", "px", "pd", "x", "whatis", "eval", "struct", "union", "list", "rd", "sizeof", "walk"});

bool among(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [text](auto prefix) { return text.starts_with(prefix); });
}

bool begins_with_char_of(std::string_view text, std::string_view characters) {
  return !text.empty() && characters.find(text.front()) != std::string_view::npos;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string_view leading_identifier(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return {};
  std::size_t end = 1;
  while (end < text.size() && (is_letter(text[end]) || (text[end] >= '0' && text[end] <= '9')))
    ++end;
  return text.substr(0, end);
}

/// Step 4: what is glued to a command's name.
bool may_be_glued(std::string_view word, std::string_view after) {
  const bool format = after.starts_with('/') && (word == "x" || word == "p");
  return after.empty() || begins_with_char_of(after, " \t\r\n|>;") || format;
}

/// Step 5: an operator that joins `W` to something, or a statement modifier.
bool operator_follows(std::string_view after) {
  if (begins_with_any(after, {"=", "||", "&&", "//", ",", "?", "+=", ".="})) return true;
  static constexpr auto kModifiers =
      std::to_array<std::string_view>({"if", "unless", "while", "until", "for", "and", "or", "xor"});
  const auto word = leading_identifier(after);
  return among(kModifiers, word) && begins_with_char_of(trimmed(after.substr(word.size())), "$@%(!\\");
}

/// Step 3 for `foreach` and `eval`, which are Perl's and crash's.
bool is_perl_foreach(std::string_view after) {
  static constexpr auto kDeclarations = std::to_array<std::string_view>({"my", "our", "local", "state"});
  return begins_with_char_of(after, "$(\\") || among(kDeclarations, leading_identifier(after));
}
bool is_perl_eval(std::string_view after) {
  return begins_with_char_of(after, "({\"'$");
}

/// Steps 2 to 6: Perl by its form, whatever W is.
bool is_perl_by_form(std::string_view word, std::string_view glued) {
  const auto after = trimmed(glued);
  if (is_perl_keyword(word)) return true;
  if (is_quote_operator(word) && !after.empty() && after != ";") return true;
  if (word == "foreach" && is_perl_foreach(after)) return true;
  if (word == "eval" && is_perl_eval(after)) return true;
  if (!may_be_glued(word, glued)) return true;
  if (operator_follows(after)) return true;
  return begins_with_char_of(after, "($@%\\{\"'") && !among(kTakesExpressions, word);
}

/// `$name` and the end of the word: what a command's words may be replaced from, and no part of an expression.
bool variable_follows(std::string_view after) {
  if (!after.starts_with('$')) return false;
  std::size_t end = 1;
  for (auto name = leading_identifier(after.substr(end)); !name.empty();) {
    end += name.size();
    if (!after.substr(end).starts_with("::")) break;
    end += 2;
    name = leading_identifier(after.substr(end));
  }
  return end > 1 && (end == after.size() || begins_with_char_of(after.substr(end), " \t\r\n|>;")) &&
         !operator_follows(trimmed(after.substr(end)));
}

Route perl(std::string_view line) {
  Route route;
  route.kind = RouteKind::perl;
  route.text = line;
  return route;
}

Route error(std::string message) {
  Route route;
  route.kind = RouteKind::error;
  route.text = std::move(message);
  return route;
}

}  // namespace

std::span<const std::string_view> builtin_names() {
  return kBuiltins;
}
bool is_builtin(std::string_view name) {
  return among(kBuiltins, name);
}

Route Router::route(std::string_view line) const {
  line = trimmed(line);
  if (line.empty()) return {};
  if (line.front() == '!') {
    Route route;
    route.kind = RouteKind::shell_escape;
    route.text = trimmed(line.substr(1));
    return route;
  }
  if (line.front() == ':' && !line.starts_with("::")) return debugger_line(line.substr(1));
  const auto word = leading_identifier(line);
  if (word.empty()) return perl(line);
  const auto glued = line.substr(word.size());
  const auto after = trimmed(glued);
  // `bt $pid`, which Perl would take for a method of the object $pid.
  const bool has_variable = variable_follows(after) && may_be_glued(word, glued) && !is_builtin(word) &&
                            !is_perl_word(word) && !facts_.is_user_sub(word) && !facts_.is_perl_name(word);
  if (!has_variable && is_perl_by_form(word, glued)) return perl(line);
  if (is_command(word)) return command(line);
  // A quote operator alone would wait for its quotes for ever.
  const bool perl_word = (is_perl_word(word) && !is_quote_operator(word)) || facts_.is_perl_name(word);
  if (perl_word || begins_with_any(after, {"(", "=", ",", "[", "{", ":", "->"})) return perl(line);
  Route route = unknown(word);
  if (const auto cut = cut_command_line(line)) route.rest = cut->rest;
  return route;
}

bool Router::is_command(std::string_view word) const {
  return is_builtin(word) || facts_.is_user_sub(word) || facts_.is_debugger_command(word) ||
         facts_.is_shipped_command(word);
}

Route Router::command(std::string_view line) const {
  const auto cut = cut_command_line(line);
  if (!cut) return error(cut.error().message);
  Route route;
  const auto word = leading_identifier(cut->command);
  route.name = word;
  route.shell_tail = cut->shell_tail;
  route.rest = cut->rest;
  const auto variable = [this](std::string_view name) { return facts_.variable(name); };
  if (!is_builtin(word) && !facts_.is_user_sub(word) && facts_.is_debugger_command(word)) {
    route.kind = RouteKind::debugger;
    route.text = replace_variables(cut->command, variable);
    return route;
  }
  auto words = split_words(cut->command.substr(word.size()), variable);
  if (!words) return error(words.error().message);
  route.words = std::move(*words);
  route.kind = is_builtin(word)           ? RouteKind::builtin
               : facts_.is_user_sub(word) ? RouteKind::user_sub
                                          : RouteKind::shipped;
  return route;
}

Route Router::debugger_line(std::string_view line) const {
  if (!facts_.has_debugger()) return error("no debugger behind this prompt: start with -crash or -lcrash");
  const auto cut = cut_command_line(line);
  if (!cut) return error(cut.error().message);
  if (cut->command.empty()) return error("no command after :");
  Route route;
  route.kind = RouteKind::debugger;
  route.text = replace_variables(cut->command, [this](std::string_view name) { return facts_.variable(name); });
  route.name = leading_identifier(route.text);
  route.shell_tail = cut->shell_tail;
  route.rest = cut->rest;
  return route;
}

Route Router::unknown(std::string_view word) const {
  std::vector<std::string> candidates(kBuiltins.begin(), kBuiltins.end());
  const auto commands = facts_.command_names();
  candidates.insert(candidates.end(), commands.begin(), commands.end());
  for (const auto perl_word : perl_words())
    candidates.emplace_back(perl_word);
  const auto nearest = nearest_word(word, candidates);
  std::string message = "unknown command: ";
  constexpr std::size_t kShown = 64;
  message += word.substr(0, kShown);
  if (word.size() > kShown) message += "...";
  if (!nearest.empty()) message += " (" + nearest + "?)";
  return error(std::move(message));
}

}  // namespace alicia::shell

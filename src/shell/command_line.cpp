// SPDX-License-Identifier: GPL-3.0-or-later
// The grammar of command lines. Three readers share it: Alicia cuts the line, a debugger reads its part as it is, and
// /bin/sh reads the rest as it is; so a line is only ever cut, never rewritten, and each part keeps its quotes. The two
// halves are quoted by different rules: in the command parentheses quote, since `p (a > b)` and `rd (x|y)` are
// expressions, in the shell's part sh's own rules hold.
#include "shell/command_line.hpp"

#include <fmt/format.h>

#include <array>

namespace alicia::shell {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word_part(char c) {
  return is_word_start(c) || (c >= '0' && c <= '9');
}

/// Behind the quoted string that begins at `start`; npos where it does not end.
std::size_t skip_quoted(std::string_view text, std::size_t start) {
  const char quote = text[start];
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote != '\'') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

/// Where sh's commands nest: `while … done` and the like. Only a word where a command may begin counts.
class CompoundDepth {
 public:
  void word(std::string_view word) {
    static constexpr auto kOpening = std::to_array<std::string_view>({"while", "until", "for", "if", "case", "{"});
    static constexpr auto kClosing = std::to_array<std::string_view>({"done", "fi", "esac", "}"});
    static constexpr auto kLeading = std::to_array<std::string_view>({"do", "then", "else", "elif", "!", "time"});
    const auto among = [word](const auto& words) {
      for (const auto candidate : words) {
        if (candidate == word) return true;
      }
      return false;
    };
    if (!command_position_) return;
    command_position_ = false;
    if (among(kOpening)) {
      ++depth_;
      command_position_ = word != "for" && word != "case";
    } else if (among(kClosing)) {
      if (depth_ > 0) --depth_;
    } else if (among(kLeading)) {
      command_position_ = true;
    }
  }
  void separator() { command_position_ = true; }
  bool inside() const { return depth_ > 0; }

 private:
  unsigned depth_ = 0;
  bool command_position_ = true;
};

/// The length of the shell's part at the beginning of `text`.
std::size_t shell_tail_length(std::string_view text) {
  CompoundDepth compound;
  unsigned parentheses = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '\\') {
      i += 2;
    } else if (c == '\'' || c == '"' || c == '`') {
      const auto end = skip_quoted(text, i);
      if (end == std::string_view::npos) return text.size();  // sh says what is wrong
      i = end;
    } else if (c == '#' && (i == 0 || is_blank(text[i - 1]))) {
      return text.size();
    } else if (c == '(' || c == ')') {
      if (c == '(') ++parentheses;
      if (c == ')' && parentheses > 0) --parentheses;
      compound.separator();
      ++i;
    } else if (c == ';' && parentheses == 0 && !compound.inside()) {
      return i;
    } else if (c == ';' || c == '|' || c == '&') {
      compound.separator();
      ++i;
    } else if (is_blank(c) || c == '>' || c == '<') {
      ++i;
    } else {
      const std::size_t start = i;
      while (i < text.size() && !is_blank(text[i]) && std::string_view(";|&()<>'\"`\\").find(text[i]) == text.npos) {
        ++i;
      }
      compound.word(text.substr(start, i - start));
    }
  }
  return text.size();
}

/// Reads a name `$Some::name` that fills `text`; empty where it is something else.
std::string_view variable_name(std::string_view text) {
  if (text.size() < 2 || text[0] != '$' || !is_word_start(text[1])) return {};
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (is_word_part(text[i])) continue;
    const bool colons = text.substr(i, 2) == "::" && i + 2 < text.size() && is_word_start(text[i + 2]);
    if (!colons) return {};
    ++i;
  }
  return text.substr(1);
}

/// Behind the word that begins at `start`: quotes and parentheses keep their blanks.
std::size_t word_end(std::string_view text, std::size_t start) {
  unsigned parentheses = 0;
  std::size_t i = start;
  while (i < text.size() && (parentheses > 0 || !is_blank(text[i]))) {
    if (text[i] == '\'' || text[i] == '"') {
      i = std::min(skip_quoted(text, i), text.size());
      continue;
    }
    if (text[i] == '\\') ++i;
    if (i < text.size() && text[i] == '(') ++parentheses;
    if (i < text.size() && text[i] == ')' && parentheses > 0) --parentheses;
    ++i;
  }
  return std::min(i, text.size());
}

/// A word without its quotes; inside parentheses they stay, since there they belong to an expression.
std::string unquoted(std::string_view word) {
  std::string result;
  unsigned parentheses = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (c == '(') ++parentheses;
    if (c == ')' && parentheses > 0) --parentheses;
    if (c == '\\' && i + 1 < word.size()) {
      if (parentheses > 0) result += c;
      result += word[++i];
    } else if (c == '\'' || c == '"') {
      const auto end = std::min(skip_quoted(word, i), word.size());
      if (parentheses > 0) {
        result += word.substr(i, end - i);
      } else {
        for (std::size_t k = i + 1; k + 1 < end; ++k) {
          const bool escape = c == '"' && word[k] == '\\' && k + 2 < end && (word[k + 1] == '"' || word[k + 1] == '\\');
          result += word[escape ? ++k : k];
        }
      }
      i = end - 1;
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

Result<CommandLine> cut_command_line(std::string_view line) {
  unsigned parentheses = 0;
  std::size_t i = 0;
  for (; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\') {
      ++i;
    } else if (c == '\'' || c == '"') {
      const auto end = skip_quoted(line, i);
      if (end == std::string_view::npos) {
        return failure(ErrorCode::bad_argument, fmt::format("a quote is open: {}", line.substr(i)));
      }
      i = end - 1;
    } else if (c == '(') {
      ++parentheses;
    } else if (c == ')') {
      if (parentheses > 0) --parentheses;
    } else if (parentheses == 0 && (c == '|' || c == ';' || (c == '>' && (i == 0 || line[i - 1] != '-')))) {
      break;
    }
  }
  if (parentheses > 0) return failure(ErrorCode::bad_argument, fmt::format("a parenthesis is open: {}", line));
  i = std::min(i, line.size());
  CommandLine cut{trimmed(line.substr(0, i)), {}, {}};
  line.remove_prefix(i);
  if (!line.empty() && line[0] != ';') {
    const auto length = shell_tail_length(line);
    cut.shell_tail = trimmed(line.substr(0, length));
    line.remove_prefix(length);
  }
  if (!line.empty()) cut.rest = trimmed(line.substr(1));
  return cut;
}

Result<std::vector<std::string>> split_words(std::string_view command, const VariableLookup& variable) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (true) {
    while (i < command.size() && is_blank(command[i]))
      ++i;
    if (i >= command.size()) return words;
    const auto end = word_end(command, i);
    const auto word = command.substr(i, end - i);
    i = end;
    const auto name = variable_name(word);
    if (name.empty()) {
      words.push_back(unquoted(word));
    } else if (auto value = variable(name)) {
      words.push_back(std::move(*value));
    } else {
      return failure(ErrorCode::bad_argument, fmt::format("{} is not defined", word));
    }
  }
}

std::string replace_variables(std::string_view command, const VariableLookup& variable) {
  std::string result;
  std::size_t i = 0;
  while (i < command.size()) {
    if (is_blank(command[i])) {
      result += command[i++];
      continue;
    }
    const auto end = word_end(command, i);
    const auto word = command.substr(i, end - i);
    i = end;
    const auto name = variable_name(word);
    const auto value = name.empty() ? std::nullopt : variable(name);
    result += value ? *value : std::string(word);
  }
  return result;
}

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/escape.hpp"
#include "shell/command_line.hpp"
#include "shell/nearest_word.hpp"
#include "shell/router.hpp"

namespace alicia::shell {
namespace {

struct Own {
  std::string_view name, usage, summary, text;
};

constexpr auto kOwn = std::to_array<Own>({
    {"load", "load FILE...", "load LDAS files",
     "Loads files of Perl from the current folder or the LDAS folders. The subs they define are commands from then on; "
     "loading again\nreplaces them, and a file that does not compile changes nothing."},
    {"report", "report FILE [KEY=VALUE...]", "write the initial report",
     "Writes the report. In Perl: report(output => 'FILE')."},
    {"help", "help [COMMAND]", "list the commands, or show one's manual",
     "Shows the manual of the command that the prompt would run. :help is the debugger's own."},
    {"history", "history [COUNT]", "show the lines typed", "Shows the last lines typed, or all."},
    {"quit", "quit", "leave; so do q, exit and Ctrl-D", "Leaves. In a script, exit ends the script only."},
    {"alicia", "alicia COMMAND [WORD...]", "run a shipped command, whatever else has its name",
     "Runs a shipped command where the debugger or a script has one of the same name."},
});

constexpr std::string_view kNotation =
    "\n  COMMAND | sh, COMMAND > file, COMMAND; COMMAND     pipes, files and the next command\n"
    "  !COMMAND   /bin/sh     :COMMAND   the debugger     ;CODE   Perl\n"
    "  Anything else that is no command is Perl: print get_addr 'linux_banner'\n";

const Own* find_own(std::string_view name) {
  if (name == "q" || name == "exit") name = "quit";
  const auto* found = std::find_if(kOwn.begin(), kOwn.end(), [name](const Own& own) { return own.name == name; });
  return found == kOwn.end() ? nullptr : found;
}

/// Names in columns of 78 characters.
std::string columns(const std::vector<std::string>& names) {
  std::size_t width = 0;
  for (const auto& name : names)
    width = std::max(width, name.size() + 2);
  std::string text, line;
  for (const auto& name : names) {
    if (!line.empty() && line.size() + width > 78) {
      text += "  " + std::string(trimmed(line)) + "\n";
      line.clear();
    }
    line += fmt::format("{:<{}}", name, width);
  }
  if (!line.empty()) text += "  " + std::string(trimmed(line)) + "\n";
  return text;
}

std::string perl_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string pod_summary(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string text(65536, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  auto at = text.starts_with("=head1 NAME") ? 0 : text.find("\n=head1 NAME");
  if (at == std::string::npos) return {};
  at = text.find("\n\n", at + 1);
  if (at == std::string::npos) return {};
  std::string_view paragraph = std::string_view(text).substr(at + 2);
  paragraph = paragraph.substr(0, paragraph.find("\n\n"));
  const auto dash = paragraph.find(" - ");
  if (dash == std::string_view::npos) return {};
  std::string summary(trimmed(paragraph.substr(dash + 3)));
  std::replace(summary.begin(), summary.end(), '\n', ' ');
  return visible(summary);
}

Result<void> Help::show(const std::vector<std::string>& words) {
  if (words.size() > 1) return failure(ErrorCode::bad_argument, "help takes one command's name");
  return words.empty() ? overview() : manual(words.front());
}

Result<void> Help::overview() {
  std::string text = "Alicia's own commands (help NAME tells more):\n";
  for (const auto& own : kOwn)
    text += fmt::format("  {:<15} {}\n", own.name, own.summary);
  if (const auto subs = engine_.subs(); !subs.empty()) text += "\nYours:\n" + columns(subs);
  auto* debugger = session_.debugger();
  if (debugger != nullptr) {
    text += fmt::format("\nOf {} (:help is its own):\n{}", debugger->name(), columns(debugger->commands()));
  }
  std::string shipped;
  for (const auto& name : session_.commands().names()) {
    if (is_builtin(name)) continue;
    const bool hidden = (debugger != nullptr && debugger->has_command(name)) || engine_.defines_sub(name);
    shipped += fmt::format("  {:<15} {}\n", hidden ? "alicia " + name : name,
                           pod_summary(session_.commands().find(name)->file));
  }
  if (!shipped.empty()) text += "\nShipped:\n" + shipped;
  text += kNotation;
  session_.output().write(text);
  return {};
}

Result<void> Help::manual(const std::string& name) {
  const auto* shipped = session_.commands().find(name);
  if (const auto* own = find_own(name)) {
    if (shipped != nullptr) return pod(shipped->file);
    session_.output().write(fmt::format("{}\n\n{}\n", own->usage, own->text));
    return {};
  }
  if (engine_.defines_sub(name)) {
    session_.output().write(fmt::format("{} is a sub of this session\n", name));
    return {};
  }
  if (auto* debugger = session_.debugger();
      debugger != nullptr && debugger->has_command(name) && !(debugger->refused() && shipped != nullptr)) {
    return debugger->run("help " + name, session_.output());
  }
  if (shipped != nullptr) return pod(shipped->file);
  if (engine_.has_sub(name) || engine_.is_package(name)) {
    const std::string why = "die(qq(no help on " + name + "\\n))";
    auto shown =
        engine_.run("require Alicia::Help; Alicia::Help::show(" + perl_quoted(name) + ") or " + why, "help", 1);
    if (!shown) return failure(std::move(shown));
    return {};
  }
  std::vector<std::string> candidates = session_.commands().names();
  for (const auto builtin : builtin_names())
    candidates.emplace_back(builtin);
  const auto nearest = nearest_word(name, candidates);
  return failure(ErrorCode::no_such_command, nearest.empty() ? fmt::format("no help on {}", name)
                                                             : fmt::format("no help on {} ({}?)", name, nearest));
}

Result<void> Help::pod(const std::filesystem::path& file) {
  const std::string code =
      "require Pod::Text; my $parser = Pod::Text->new(width => 78); $parser->output_fh(*STDOUT); "
      "$parser->parse_file(" +
      perl_quoted(file.string()) + ");";
  auto shown = engine_.run(code, "help", 1);
  if (!shown) return failure(std::move(shown));
  return {};
}

}  // namespace alicia::shell

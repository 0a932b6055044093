// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/interpreter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/escape.hpp"
#include "process/unique_fd.hpp"
#include "shell/command_line.hpp"
#include "shell/nearest_word.hpp"
#include "shell/redirection.hpp"
#include "shell/stream_lines.hpp"

namespace alicia::lcrash {
namespace {

constexpr unsigned kDeepestFile = 16;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr std::size_t kMostHistory = 1000;

/// The name a command begins with.
std::string_view name_of(std::string_view text) {
  if (text.starts_with('?')) return text.substr(0, 1);
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_part) - text.begin()));
}

std::string unknown(std::string_view name, const State& state) {
  std::vector<std::string> names;
  for (const Command& command : all_commands())
    names.emplace_back(command.name);
  for (const auto& loaded : state.loaded)
    names.push_back(loaded.first);
  const std::string near = shell::nearest_word(name, names);
  return fmt::format("unknown command: {}{}", visible(name.substr(0, 200)), near.empty() ? "" : " (" + near + "?)");
}

Error no_line() {
  return {ErrorCode::too_long, "too long to be a line", {}};
}

/// `$1` to `$9` replaced by the words; `$0` by the file.
std::string filled_in(std::string_view line, const std::string& file, const std::vector<std::string>& words) {
  std::string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool place = line[i] == '$' && i + 1 < line.size() && line[i + 1] >= '0' && line[i + 1] <= '9';
    if (!place) {
      result += line[i];
      continue;
    }
    const auto number = static_cast<std::size_t>(line[++i] - '0');
    if (number == 0)
      result += file;
    else if (number <= words.size())
      result += words[number - 1];
  }
  return result;
}

}  // namespace

bool Interpreter::report(std::string_view name, const Error& error) {
  if (error.code == ErrorCode::interrupted) broken_off_ = true;
  FileOutput errors(STDERR_FILENO);
  errors.write(fmt::format("{}: {}\n", visible(name), visible(error.message)));
  return false;
}

Result<std::string> Interpreter::recalled(std::string_view line) const {
  const auto& history = state_.history;
  const std::string_view which = line.substr(1, line.find(' ') - 1);
  const auto number = which == "!" ? history.size() : parse_number(which).value_or(0);
  if (number == 0 || number > history.size())
    return failure(ErrorCode::bad_argument, fmt::format("no such line: {}", visible(line)));
  return history[number - 1] + std::string(line.substr(1 + which.size()));
}

bool Interpreter::run_line(std::string_view text) {
  std::string line(shell::trimmed(text));
  if (line.empty() || line.starts_with('#')) return true;
  if (line.size() > kLongestLine) return report("lcrash", no_line());
  if (line.size() > 1 && line[0] == '!' && (line[1] == '!' || (line[1] >= '0' && line[1] <= '9'))) {
    auto before = recalled(line);
    if (!before) return report("history", before.error());
    line = std::move(*before);
    output_.write(line + "\n");
  }
  state_.history.push_back(line);
  if (state_.history.size() > kMostHistory) state_.history.erase(state_.history.begin());
  if (line.starts_with('!')) return shell_escape(std::string_view(line).substr(1));
  bool well = true;
  for (std::string_view rest = line; !rest.empty() && !state_.finished && !broken_off_;) {
    const auto cut = shell::cut_command_line(rest);
    if (!cut) return report("lcrash", cut.error());
    rest = cut->rest;
    if (cut->command.empty() && cut->shell_tail.empty()) continue;
    well = run_command(cut->command, cut->shell_tail) && well;
  }
  return well;
}

bool Interpreter::shell_escape(std::string_view text) {
  const process::UniqueFd nothing(isatty(STDIN_FILENO) != 0 ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto child = shell::ShellChild::start({std::string(text), nothing.get(), terminal_}, state_.cancellation);
  if (!child) return report("lcrash", child.error());
  return (*child)->wait().well();
}

bool Interpreter::run_command(std::string_view text, std::string_view shell_tail) {
  if (shell_tail.empty()) return execute(text);
  auto redirection = shell::Redirection::start(shell_tail, terminal_, state_.cancellation);
  if (!redirection) return report("lcrash", redirection.error());
  redirected_ = true;
  const bool well = execute(text);
  redirected_ = false;
  const auto end = redirection->finish();
  output_.at_line_start();
  if (end.interrupted()) broken_off_ = true;
  return well && end.well();
}

bool Interpreter::execute(std::string_view text) {
  const std::string_view name = name_of(text);
  const std::string_view behind = text.substr(name.size());
  Result<void> done;
  if (const Command* command = find_command(name))
    done = execute(*command, behind);
  else if (const auto loaded = state_.loaded.find(name); loaded != state_.loaded.end())
    done = run_loaded(loaded->second, behind);
  else
    return report("lcrash", {ErrorCode::no_such_command, unknown(name.empty() ? text : name, state_), {}});
  if (!done && done.error().message.empty()) return false;  // said already
  if (!done) return report(name, done.error());
  if (const int error = output_.take_error(); error == EPIPE)
    broken_off_ = broken_off_ || !redirected_;  // nobody reads lcrash itself any more
  else if (error != 0)
    return report(name, {ErrorCode::cannot_open, fmt::format("cannot write: {}", std::strerror(error)), {}});
  return true;
}

Result<void> Interpreter::execute(const Command& command, std::string_view text) {
  const auto arguments = parse_arguments(text, command.letters, command.takes_expression);
  if (!arguments) return failure(arguments);
  process::UniqueFd file;
  FileOutput* output = &output_;
  std::optional<FileOutput> to_file;
  if (const auto named = arguments->options.find('w'); named != arguments->options.end()) {
    file = process::UniqueFd(open(named->second.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file)
      return failure(ErrorCode::cannot_open, fmt::format("cannot write {}: {}", named->second, std::strerror(errno)));
    to_file.emplace(file.get());
    output = &*to_file;
  }
  Context context(
      state_, *output,
      {[this](const std::string& path, const std::vector<std::string>& words) { return run_file(path, words); },
       [this](std::string_view line) { return shell_escape(line); }});
  auto done = command.run(context, *arguments);
  context.flush();
  for (const std::string& complaint : context.complaints())
    report(command.name, {ErrorCode::bad_argument, complaint, {}});
  if (done && context.complained()) return failure(ErrorCode::bad_argument, {});
  return done;
}

Result<void> Interpreter::run_loaded(const std::string& file, std::string_view text) {
  const auto arguments = parse_arguments(text, "", true);
  if (!arguments) return failure(arguments);
  return run_file(file, arguments->words);
}

Result<void> Interpreter::run_file(const std::string& file, const std::vector<std::string>& words) {
  if (depth_ == kDeepestFile) return failure(ErrorCode::bad_argument, "files that run files, too deeply");
  process::UniqueFd opened;
  if (file != "-") {
    opened = process::UniqueFd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return failure(ErrorCode::cannot_open, fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  }
  ++depth_;
  shell::StreamLines lines(file == "-" ? STDIN_FILENO : opened.get(), state_.cancellation);
  bool well = true;
  while (!state_.finished && !broken_off_) {
    const shell::ReadLine read = lines.read({});
    if (read.kind == shell::ReadLine::Kind::interrupted) broken_off_ = true;
    if (read.kind == shell::ReadLine::Kind::too_long) well = report("lcrash", no_line());
    if (read.kind != shell::ReadLine::Kind::line) break;
    well = run_line(filled_in(read.text, file, words)) && well;
  }
  --depth_;
  if (!well) return failure(ErrorCode::script_error, {});
  return {};
}

bool Interpreter::run_lines(shell::LineSource& lines) {
  bool well = true;
  const bool on_terminal = isatty(STDIN_FILENO) != 0;
  for (bool prompt = true; !state_.finished;) {
    if (prompt && !output_.write(">> ")) break;
    const shell::ReadLine read = lines.read({});
    prompt = read.kind == shell::ReadLine::Kind::line || on_terminal;
    if (read.kind == shell::ReadLine::Kind::end) {
      if (on_terminal) output_.write("\n");
      break;
    }
    if (read.kind == shell::ReadLine::Kind::too_long) return report("lcrash", no_line());
    if (read.kind == shell::ReadLine::Kind::interrupted) {
      if (on_terminal) output_.write("\n");
    } else {
      well = run_line(read.text) && well;
      if (broken_off_ && !state_.cancellation.requested()) break;  // nobody reads any more
    }
    broken_off_ = false;
    state_.cancellation.clear();
  }
  return well;
}

}  // namespace alicia::lcrash

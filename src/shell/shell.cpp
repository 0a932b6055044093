// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/shell.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "process/unique_fd.hpp"
#include "shell/command_line.hpp"
#include "shell/readline_lines.hpp"
#include "shell/stream_lines.hpp"

namespace alicia::shell {
namespace {

/// The lines of an -e.
class TextLines final : public LineSource {
 public:
  explicit TextLines(std::string_view text) : text_(text) {}
  ReadLine read(std::string_view /*prompt*/) override {
    if (text_.empty()) return {ReadLine::Kind::end, {}};
    const auto end = text_.find('\n');
    std::string line(text_.substr(0, end));
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    return {ReadLine::Kind::line, std::move(line)};
  }

 private:
  std::string_view text_;
};

}  // namespace

Shell::Shell(session::Session& session, script::ScriptEngine& engine, FileOutput& output)
    : session_(session),
      errors_(output),
      builtins_(session, engine, [this] { return history_.lines(); }),
      executor_(session, engine, output, errors_, builtins_),
      facts_(session, engine),
      router_(facts_) {}

void Shell::run_code(std::string_view code, const std::string& source) {
  TextLines lines(code);
  run_batch(lines, source);
}

void Shell::run_file(const std::filesystem::path& file) {
  const bool input = file == "-";
  const process::UniqueFd opened(input ? -1 : open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const int descriptor = input ? STDIN_FILENO : opened.get();
  struct stat status {};
  const bool folder = descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
  if (descriptor < 0 || folder) {
    errors_.print(fmt::format("cannot read {}: {}", file.string(), std::strerror(folder ? EISDIR : errno)));
    settle(Verdict::failed);
    return;
  }
  StreamLines lines(descriptor, session_.cancellation());
  executor_.keep_input(input);
  run_batch(lines, input ? "standard input" : file.string());
  executor_.keep_input(false);
}

void Shell::run_batch(LineSource& lines, const std::string& source) {
  for (unsigned number = 1; !finished(); ++number) {
    const auto read = lines.read({});
    if (read.kind == ReadLine::Kind::end) break;
    if (read.kind == ReadLine::Kind::interrupted) {
      errors_.print("interrupted");
      settle(Verdict::interrupted);
      break;
    }
    if (read.kind == ReadLine::Kind::too_long) {
      errors_.print(fmt::format("{} line {}: too long to be a line", source, number));
      settle(Verdict::failed);
      piece_ = {};
      break;
    }
    feed(read.text, source, number);
  }
  if (!finished()) report_unfinished(source);
  piece_ = {};
}

void Shell::feed(const std::string& line, const std::string& source, unsigned number) {
  if (piece_.open()) {
    piece_.text += "\n" + line;
    run_piece(source);
    return;
  }
  std::string rest = line;
  Verdict verdict = Verdict::well;
  do {
    const Route route = router_.route(rest);
    if (route.kind == RouteKind::perl) {
      piece_ = {route.text, number};
      run_piece(source);
      return;
    }
    verdict = executor_.run(route);
    settle(verdict);
    rest = route.rest;
  } while (!rest.empty() && !finished() && verdict != Verdict::interrupted);
}

void Shell::run_piece(const std::string& source) {
  const Verdict verdict = executor_.run_perl(piece_.text, source, piece_.first_line);
  if (verdict == Verdict::incomplete) return;
  piece_ = {};
  settle(verdict);
}

void Shell::settle(Verdict verdict) {
  if (verdict == Verdict::well || interactive_) return;
  failed_ = true;
  // Whoever presses Ctrl-C means the whole run.
  stopped_ = stopped_ || verdict == Verdict::interrupted || session_.settings().stop_on_error;
}

void Shell::report_unfinished(const std::string& source) {
  if (!piece_.open()) return;
  const std::string_view text = piece_.text;
  errors_.print(
      fmt::format("{} line {}: unfinished: {}", source, piece_.first_line, trimmed(text.substr(0, text.find('\n')))));
  piece_ = {};
  settle(Verdict::failed);
}

void Shell::run_interactive() {
  if (auto opened = history_.open(HistoryFile::default_path()); !opened) errors_.print(opened.error().message);
  SymbolNames symbols(session_.target());
  const Completer completer(
      facts_, [&symbols](std::string_view prefix, std::size_t most) { return symbols.matches(prefix, most); });
  ReadlineLines lines(history_, completer, session_.cancellation());
  const auto terminal = Terminal::open();
  executor_.use_terminal(terminal.get());
  run_prompt(lines);
  executor_.use_terminal(nullptr);
}

void Shell::run_prompt(LineSource& lines) {
  interactive_ = true;
  unsigned number = 0;
  while (!builtins_.leaving()) {
    session_.cancellation().clear();
    errors_.end_line();
    const auto read = lines.read(piece_.open() ? "......> " : "alicia> ");
    if (read.kind == ReadLine::Kind::interrupted) {
      piece_ = {};
    } else if (read.kind == ReadLine::Kind::line) {
      feed_typed(read.text, number);
    } else if (piece_.open()) {
      report_unfinished("prompt");
    } else {
      break;
    }
  }
  interactive_ = false;
}

void Shell::feed_typed(const std::string& text, unsigned& number) {
  // What was pasted may be several lines.
  TextLines lines(text);
  for (auto read = lines.read({}); read.kind == ReadLine::Kind::line; read = lines.read({})) {
    feed(read.text, "prompt", ++number);
    if (builtins_.leaving() || session_.cancellation().requested()) return;
  }
}

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
// Readline is asked key by key (its callback interface), not line by line, so that Alicia sleeps in its own poll and
// sees a signal at once. While the line is edited Readline's handlers are installed: they put the terminal in order and
// raise the signal again for ours. A signal may come at any moment between two looks at the flags; it is blocked but
// for the time of the ppoll, so that none is slept over.
#include "shell/readline_lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/signals_blocked.hpp"

namespace alicia::shell {
namespace {

// Readline's callbacks are given no context.
ReadlineLines* reading = nullptr;

/// Sleeps until there is a key or a signal. True for a key.
bool wait_for_key(const Cancellation& cancellation) {
  const SignalsBlocked blocked;
  if (rl_pending_signal() != 0 || cancellation.requested()) return false;
  pollfd keys{fileno(rl_instream), POLLIN, 0};
  return ppoll(&keys, 1, nullptr, &blocked.before()) > 0;
}

char* duplicate(const std::string& text) {
  return strdup(text.c_str());
}

}  // namespace

ReadlineLines::ReadlineLines(HistoryFile& history, const Completer& completer, const Cancellation& cancellation)
    : history_(history), completer_(completer), cancellation_(cancellation) {
  reading = this;
  rl_readline_name = "alicia";
  rl_outstream = isatty(STDOUT_FILENO) != 0 ? stdout : stderr;
  rl_catch_signals = 1;
  rl_persistent_signal_handlers = 1;
  rl_attempted_completion_function = on_completion;
  rl_completer_word_break_characters = " \t\n\"'`@$><=;|&{(!:,*";
  rl_completer_quote_characters = "\"'";
  using_history();
  for (const auto& line : history_.lines())
    add_history(line.c_str());
}

ReadlineLines::~ReadlineLines() {
  rl_attempted_completion_function = nullptr;
  clear_history();
  reading = nullptr;
}

ReadLine ReadlineLines::read(std::string_view prompt) {
  arrived_ = false;
  rl_callback_handler_install(std::string(prompt).c_str(), on_line);
  while (!arrived_) {
    if (wait_for_key(cancellation_)) rl_callback_read_char();
    rl_check_signals();
    if (cancellation_.requested() && !arrived_) {
      rl_replace_line("", 0);
      rl_callback_handler_remove();
      std::fputc('\n', rl_outstream);
      std::fflush(rl_outstream);
      return {ReadLine::Kind::interrupted, {}};
    }
  }
  if (line_.kind == ReadLine::Kind::end) {
    std::fputc('\n', rl_outstream);
    std::fflush(rl_outstream);
  }
  return std::move(line_);
}

void ReadlineLines::on_line(char* line) {
  // Before anything runs the terminal has to be as it was.
  rl_callback_handler_remove();
  reading->arrived_ = true;
  reading->line_ = {line == nullptr ? ReadLine::Kind::end : ReadLine::Kind::line, line == nullptr ? "" : line};
  if (line != nullptr && *line != '\0') {
    const auto known = reading->history_.lines().size();
    reading->history_.add(line);
    if (reading->history_.lines().size() != known) add_history(line);
  }
  std::free(line);
}

char** ReadlineLines::on_completion(const char* word, int start, int /*end*/) {
  const std::string_view before(rl_line_buffer, static_cast<std::size_t>(start));
  const auto completion = reading->completer_.complete(before, word);
  if (completion.files) return nullptr;  // Readline goes on with files
  rl_attempted_completion_over = 1;
  const auto& words = completion.matches.words;
  if (words.empty()) return nullptr;
  const bool alone = words.size() == 1;
  auto** list = static_cast<char**>(std::calloc(words.size() + 2, sizeof(char*)));
  if (list == nullptr) return nullptr;
  list[0] = duplicate(completion.matches.common);
  for (std::size_t i = 0; !alone && i < words.size(); ++i)
    list[i + 1] = duplicate(words[i]);
  return list;
}

}  // namespace alicia::shell

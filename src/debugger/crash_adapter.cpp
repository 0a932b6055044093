// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/crash_adapter.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "debugger/crash_dialect.hpp"
#include "debugger/crash_types.hpp"
#include "debugger/judged_run.hpp"
#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

Connection::Options connection_options(const CrashOptions& options) {
  // Without --no_strip two functions bear one name where the compiler cloned one (`f` and `f.part.0`).
  std::vector<std::string> arguments{"-s", "--no_crashrc", "--no_scroll", "--no_strip"};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  return {options.program, std::move(arguments), options.status, {}};
}

// crash reads the user's file first, then the current folder's, once where they are the same.
std::vector<std::filesystem::path> crashrc_files() {
  std::vector<std::filesystem::path> files;
  if (const char* home = std::getenv("HOME")) files.push_back(std::filesystem::path(home) / ".crashrc");
  const std::filesystem::path here = ".crashrc";
  std::error_code ignored;
  if (files.empty() || !std::filesystem::equivalent(files.front(), here, ignored)) files.push_back(here);
  return files;
}

}  // namespace

CrashAdapter::CrashAdapter(const CrashOptions& options, const Cancellation& cancellation)
    : user_crashrc_(options.user_crashrc),
      connection_(connection_options(options), std::make_unique<CrashDialect>(), cancellation),
      queries_(std::make_unique<CrashQueries>([this](std::string_view line) { return connection_.ask(line); })) {
  connection_.set_prologue([this](const Connection::Ask& ask) { prologue(ask); });
}

void CrashAdapter::start_in_background() {
  // What stands in the way is said when somebody wants something of crash.
  static_cast<void>(connection_.start());
}

void CrashAdapter::prologue(const Connection::Ask& ask) {
  commands_.forget();
  if (!user_crashrc_) return;
  for (const auto& file : crashrc_files()) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      const auto command = trimmed(line);
      if (command.empty() || command.starts_with('#')) continue;
      const auto words = words_of(command);
      auto answer = ask(command);
      if (!answer) {
        connection_.notice(fmt::format("{}: {}", file.string(), answer.error().message));
      } else if (is_crash_error(commands_.command_of(words.front()), *answer)) {
        connection_.notice(fmt::format("{}: {}", file.string(), lines_of(trimmed(*answer)).front()));
      }
    }
  }
  learn_commands(ask);
}

void CrashAdapter::learn_commands(const Connection::Ask& ask) {
  const auto help = ask("help");
  const auto alias = ask("alias");
  if (help && alias) commands_.learn(*help, *alias);
}

Result<void> CrashAdapter::run(std::string_view line, Output& output) {
  const auto words = words_of(line);
  if (words.empty()) return connection_.retry();
  const std::string command = commands_.command_of(words.front());
  if (command == "set" && words.size() > 2 && words[1] == "gdb" && words[2] == "on") {
    return failure(ErrorCode::not_supported, "`set gdb on` is not passed on to crash: use `gdb COMMAND`");
  }
  auto ran =
      judged_run(connection_, line, output, [&](std::string_view text) { return is_crash_error(command, text); });
  if (commands_.changed_by(line))
    learn_commands([this](std::string_view question) { return connection_.ask(question); });
  return ran;
}

Result<void> CrashAdapter::read(VirtualAddress address, std::span<std::byte> out) const {
  return queries_->read(address, out);
}

std::unique_ptr<types::TypeSource> CrashAdapter::type_source() {
  return std::make_unique<CrashTypes>([this](std::string_view line) { return connection_.ask(line); }, pointer_bytes());
}

unsigned CrashAdapter::pointer_bytes() {
  return queries_->pointer_bytes().value_or(8);
}

}  // namespace alicia::debugger

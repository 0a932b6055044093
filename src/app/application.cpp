// SPDX-License-Identifier: GPL-3.0-or-later
// The wiring: options and configuration, then whoever reads the dump, then the interpreter, then the shell.
#include "app/application.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "app/configuration.hpp"
#include "app/input_files.hpp"
#include "app/installation.hpp"
#include "app/options.hpp"
#include "base/escape.hpp"
#include "debugger/crash_adapter.hpp"
#include "debugger/lcrash_adapter.hpp"
#include "perl/interpreter.hpp"
#include "session/session.hpp"
#include "shell/shell.hpp"
#include "shell/signal_bridge.hpp"
#include "target/target.hpp"

namespace alicia::app {
namespace {

constexpr int kUsage = 2;
constexpr int kCannotOpen = 3;

void complain(std::string_view message) {
  fmt::print(stderr, "alicia: {}\n", visible(message));
}

Result<Configuration> configure(const Options& options) {
  Configuration configuration;
  if (options.no_configuration) return configuration;
  auto files = default_configuration_files();
  if (options.configuration) files = {*options.configuration};
  for (const auto& file : files) {
    if (auto read = configuration.read(file); !read) return failure(std::move(read));
  }
  for (const auto& warning : configuration.warnings)
    complain("warning: " + warning);
  return configuration;
}

/// Whoever can read the dump: the engine, a debugger, or both; neither where folders were named, whose dumps are opened
/// one by one by the report.
struct Readers {
  std::unique_ptr<target::Target> target;
  std::unique_ptr<debugger::Debugger> debugger;
};

Result<Readers> open_bare(const Options& options, const Cancellation& cancellation, target::Files& files) {
  if (options.api == session::ApiChoice::debugger) {
    return failure(ErrorCode::bad_argument, "--api=debugger needs -crash or -lcrash");
  }
  if (are_folders(options.arguments)) {
    if (auto checked = check_dump_folders(options.arguments); !checked) return failure(std::move(checked));
    return Readers{};
  }
  auto sorted = sort_files(options.arguments);
  if (!sorted) return failure(std::move(sorted));
  files = std::move(*sorted);
  files.refuse_btf = options.refuse_btf;
  auto target = target::Target::open(files, cancellation);
  if (!target) return failure(std::move(target));
  return Readers{std::move(*target), nullptr};
}

/// A debugger, and the engine where it can: a dump that the engine cannot read is the debugger's to open, which says
/// whether it could before anything else is done.
Result<Readers> open_with(std::unique_ptr<debugger::Debugger> debugger, Result<std::unique_ptr<target::Target>> target,
                          const Options& options, const target::Files& files) {
  if (target) return Readers{std::move(*target), std::move(debugger)};
  if (options.api == session::ApiChoice::native) return failure(std::move(target));
  StringOutput nothing;
  if (auto started = debugger->run("", nothing); !started) {
    if (!files.dump.empty()) complain(target.error().message);
    return failure(std::move(started));
  }
  complain(fmt::format("warning: {} answers alone: {}", debugger->name(), target.error().message));
  return Readers{nullptr, std::move(debugger)};
}

Result<Readers> open_with_crash(const Options& options, const Configuration& configuration,
                                const Cancellation& cancellation, target::Files& files) {
  files = sort_crash_files(options.arguments);
  files.refuse_btf = options.refuse_btf;
  Result<std::unique_ptr<target::Target>> target = failure(ErrorCode::cannot_open, "no dump among crash's arguments");
  if (!files.dump.empty()) target = target::Target::open(files, cancellation);
  // A System.map that KASLR has moved makes crash leave without a word.
  const bool hand_on_map = target && (*target)->kernel_offset() == 0;
  auto arguments = debugger::sort_crash_arguments(options.arguments, file_role, hand_on_map).arguments;
  auto crash = std::make_unique<debugger::CrashAdapter>(
      debugger::CrashOptions{configuration.crash, std::move(arguments), options.user_crashrc, {}}, cancellation);
  return open_with(std::move(crash), std::move(target), options, files);
}

/// The same with lcrash, which takes MAP in any case.
Result<Readers> open_with_lcrash(const Options& options, const Configuration& configuration,
                                 const Installation& installation, const Cancellation& cancellation,
                                 target::Files& files) {
  Result<std::unique_ptr<target::Target>> target = failure(ErrorCode::cannot_open, "no dump among lcrash's arguments");
  auto sorted = sort_files(lcrash_files(options.arguments));
  if (sorted) {
    files = std::move(*sorted);
    files.refuse_btf = options.refuse_btf;
    target = target::Target::open(files, cancellation);
  } else {
    target = failure(std::move(sorted));
  }
  const auto program = configuration.lcrash.empty() ? (installation.libexec / "lcrash").string() : configuration.lcrash;
  return open_with(
      std::make_unique<debugger::LcrashAdapter>(debugger::LcrashOptions{program, options.arguments, {}}, cancellation),
      std::move(target), options, files);
}

session::Settings settings_of(const Options& options, const Installation& installation, const target::Files& files) {
  session::Settings settings;
  settings.api = options.api;
  settings.ldas_folders = options.ldas_folders;
  settings.ldas_folders.push_back(installation.ldas);
  settings.shipped_ldas = installation.ldas;
  settings.perl_library = installation.perl;
  settings.map_file = files.map.string();
  settings.kernel_file = files.kernel.string();
  if (options.mode == Mode::bare && are_folders(options.arguments)) settings.dump_folders = options.arguments;
  settings.stop_on_error = options.stop_on_error;
  settings.quiet = options.quiet;
  return settings;
}

/// The engine's own banner, in the form of crash's `sys`; no debugger is waited for.
void show_banner(session::Session& session, script::ScriptEngine& engine) {
  const auto* sys = session.commands().find("sys");
  if (sys == nullptr || session.settings().quiet || session.target() == nullptr) return;
  if (auto shown = engine.call_shipped(sys->name, sys->file, {}); !shown) complain(shown.error().message);
  session.output().write("\n");
}

/// What a line asks for that a dump nobody can open still gives: a report.
bool asks_for_report(const Batch& batch) {
  constexpr std::string_view report = "report";
  const std::string_view line =
      std::string_view(batch.text).substr(std::min(batch.text.find_first_not_of(" \t;"), batch.text.size()));
  if (batch.kind != Batch::Kind::code || !line.starts_with(report)) return false;
  const std::string_view rest = line.substr(report.size());
  return !rest.empty() && (rest.front() == '(' || rest.front() == ' ' || rest.front() == '\t');
}

/// The file that could not be opened as a dump: the one that is a dump, else the first that is a file at all.
std::optional<std::string> refused_file(const Options& options, const target::Files& files) {
  if (!files.dump.empty()) return files.dump.front().string();
  std::error_code ignored;
  std::optional<std::string> first;
  for (const std::string& file : options.arguments) {
    if (!std::filesystem::is_regular_file(file, ignored)) continue;
    if (file_role(file) == debugger::FileRole::dump) return file;
    if (!first) first = file;
  }
  return first;
}

void run_batches(const std::vector<Batch>& batches, shell::Shell& shell) {
  unsigned number = 0;
  for (const Batch& batch : batches) {
    if (shell.finished()) return;
    if (batch.kind == Batch::Kind::file) {
      shell.run_file(batch.text);
    } else {
      shell.run_code(batch.text, fmt::format("-e {}", ++number));
    }
  }
}

/// Of the lines given those that ask for a report; the status says that the dump could not be opened.
int run_refused(const Options& options, session::Session& session, FileOutput& output) {
  auto interpreter = perl::Interpreter::create(session);
  if (!interpreter) {
    complain(interpreter.error().message);
    return 1;
  }
  shell::Shell shell(session, **interpreter, output);
  std::vector<Batch> reports;
  std::ranges::copy_if(options.batches, std::back_inserter(reports), asks_for_report);
  run_batches(reports, shell);
  return kCannotOpen;
}

int run_session(const Options& options, session::Session& session, FileOutput& output) {
  auto interpreter = perl::Interpreter::create(session);
  if (!interpreter) {
    complain(interpreter.error().message);
    return 1;
  }
  shell::Shell shell(session, **interpreter, output);
  if (!options.batches.empty()) {
    run_batches(options.batches, shell);
  } else if (::isatty(STDIN_FILENO) == 0) {
    shell.run_file("-");
  } else {
    if (session.debugger() != nullptr) session.debugger()->start_in_background();
    show_banner(session, **interpreter);
    shell.run_interactive();
  }
  return shell.exit_status();
}

}  // namespace

int run_application(const std::vector<std::string>& arguments) {
  auto parsed = parse_options(arguments);
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    fmt::print(leave->status == 0 ? stdout : stderr, "{}", leave->text);
    return leave->status;
  }
  const Options& options = std::get<Options>(parsed);
  const auto installation = Installation::find();
  const auto configuration = configure(options);
  for (const Error* error :
       {installation ? nullptr : &installation.error(), configuration ? nullptr : &configuration.error()}) {
    if (error == nullptr) continue;
    complain(error->message);
    return kUsage;
  }

  Cancellation cancellation;
  const shell::SignalBridge signals(cancellation);
  target::Files files;
  auto readers = options.mode == Mode::crash ? open_with_crash(options, *configuration, cancellation, files)
                 : options.mode == Mode::lcrash
                     ? open_with_lcrash(options, *configuration, *installation, cancellation, files)
                     : open_bare(options, cancellation, files);
  if (!readers) {
    complain(readers.error().message);
    if (readers.error().code == ErrorCode::bad_argument) return kUsage;
    const auto file = refused_file(options, files);
    if (!file || std::ranges::none_of(options.batches, asks_for_report)) return kCannotOpen;
    auto settings = settings_of(options, *installation, files);
    settings.refused = session::RefusedDump{*file, readers.error().message};
    FileOutput output(STDOUT_FILENO);
    session::Session session(std::move(settings), nullptr, nullptr, output, cancellation);
    return run_refused(options, session, output);
  }
  if (readers->target) {
    for (const auto& warning : readers->target->warnings())
      complain("warning: " + warning);
  }
  FileOutput output(STDOUT_FILENO);
  session::Session session(settings_of(options, *installation, files), std::move(readers->target),
                           std::move(readers->debugger), output, cancellation);
  return run_session(options, session, output);
}

}  // namespace alicia::app

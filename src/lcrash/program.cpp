// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/escape.hpp"
#include "base/output.hpp"
#include "dump/dump.hpp"
#include "lcrash/context.hpp"
#include "lcrash/interpreter.hpp"
#include "process/unique_fd.hpp"
#include "shell/signal_bridge.hpp"
#include "shell/stream_lines.hpp"
#include "target/target.hpp"

namespace alicia::lcrash {
namespace {

constexpr int kFailed = 1;
constexpr int kCannotOpen = 3;

void complain(std::string_view message) {
  FileOutput(STDERR_FILENO).write(fmt::format("lcrash: {}\n", visible(message)));
}

/// Each file has its place in the command line; here is looked whether it is what stands there.
Result<target::Files> sort_files(const Options& options) {
  using dump::FileKind;
  const auto kind_of = [](const std::string& file) { return dump::identify_file(file); };
  const auto wrong = [](const std::string& file, const dump::FileIdentity& is, std::string_view wanted) {
    return failure(ErrorCode::wrong_format, fmt::format("{} is {}, not {}", file, is.description, wanted));
  };
  target::Files files;
  const auto map = kind_of(options.map);
  if (!map) return failure(map);
  if (map->kind != FileKind::system_map) return wrong(options.map, *map, "a System.map");
  files.map = options.map;
  const auto dump = kind_of(options.dump);
  if (!dump) return failure(dump);
  if (dump->kind != FileKind::dump) return wrong(options.dump, *dump, "a dump");
  files.dump = {options.dump};
  if (options.kerntypes.empty()) return files;
  const auto types = kind_of(options.kerntypes);
  if (!types) return failure(types);
  if (types->kind == FileKind::elf_object)
    files.kernel = options.kerntypes;
  else if (types->kind == FileKind::unlinked_object || types->kind == FileKind::btf)
    files.types = {options.kerntypes};
  else
    return wrong(options.kerntypes, *types, "a file of types");
  return files;
}

/// What is said while the files are opened, where somebody or something waits for the prompt.
class Progress {
 public:
  Progress(FileOutput& output, bool shown) : output_(output), shown_(shown) {}
  void begin(const Options& options) {
    if (shown_)
      output_.write(fmt::format("map = {}, vmdump = {}, outfile = {}, kerntypes = {}\n\nPlease wait...\n",
                                visible(options.map), visible(options.dump),
                                options.outfile.empty() ? "stdout" : visible(options.outfile),
                                options.kerntypes.empty() ? "(the dump's own)" : visible(options.kerntypes)));
  }
  void step(std::string_view what) {
    if (shown_) output_.write(fmt::format("        {:.<40} ", std::string(what) + " "));
  }
  void done(bool well) {
    if (shown_) output_.write(well ? "Done.\n" : "failed\n");
  }

 private:
  FileOutput& output_;
  bool shown_;
};

Result<std::unique_ptr<target::Target>> open_target(const Options& options, Progress& progress,
                                                    const Cancellation& cancellation) {
  progress.begin(options);
  progress.step("Identifying the files");
  auto files = sort_files(options);
  progress.done(files.has_value());
  if (!files) return failure(std::move(files));
  progress.step("Opening the dump");
  auto target = target::Target::open(*files, cancellation);
  progress.done(target.has_value());
  return target;
}

bool run_batches(const Options& options, Interpreter& interpreter, const State& state) {
  bool well = true;
  for (const Batch& batch : options.batches) {
    if (state.finished || interpreter.broken_off()) break;
    if (batch.kind != Batch::Kind::file) {
      well = interpreter.run_line(batch.kind == Batch::Kind::report ? "report" : batch.text) && well;
      continue;
    }
    const auto done = interpreter.run_file(batch.text, {});
    if (!done && !done.error().message.empty()) complain(done.error().message);
    well = done && well;
  }
  return well && !interpreter.broken_off();
}

}  // namespace

int run_program(const Options& options) {
  Cancellation cancellation;
  const shell::SignalBridge signals(cancellation);
  FileOutput standard(STDOUT_FILENO);
  Progress progress(standard, options.batches.empty());
  auto target = open_target(options, progress, cancellation);
  if (!target) {
    complain(target.error().message);
    return kCannotOpen;
  }
  for (const std::string& warning : (*target)->warnings())
    complain("warning: " + warning);
  process::UniqueFd file;
  if (!options.outfile.empty()) {
    file = process::UniqueFd(open(options.outfile.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file) {
      complain(fmt::format("cannot write {}: {}", options.outfile, std::strerror(errno)));
      return kCannotOpen;
    }
  }
  FileOutput output(file ? file.get() : STDOUT_FILENO);
  State state{**target, options, cancellation, {}, {}, {}, false};
  Interpreter interpreter(state, output);
  if (!options.batches.empty()) return run_batches(options, interpreter, state) ? 0 : kFailed;
  const auto terminal = shell::Terminal::open();
  interpreter.use_terminal(terminal.get());
  standard.write("\n");
  shell::StreamLines lines(STDIN_FILENO, cancellation);
  return interpreter.run_lines(lines) || isatty(STDIN_FILENO) != 0 ? 0 : kFailed;
}

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
//
// The original's load took scripts in its own C interpreter, sial, and ldcmds shared objects. Here scripts are files of
// commands: load runs one, ldcmds makes each a command of its own.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"

namespace alicia::lcrash {

Result<void> run_load(Context& context, const Arguments& arguments) {
  if (arguments.words.empty()) return usage("load");
  context.flush();
  return context.run_file(arguments.words[0], {arguments.words.begin() + 1, arguments.words.end()});
}

Result<void> run_ldcmds(Context& context, const Arguments& arguments) {
  auto& loaded = context.state().loaded;
  for (const std::string& word : arguments.words) {
    const std::filesystem::path file(word);
    const std::string name = file.stem().string();
    std::error_code error;
    const auto refuse = [&](std::string_view why) {
      context.complain({ErrorCode::bad_argument, fmt::format("{}: {}", visible(word), why), {}});
    };
    if (!std::filesystem::is_regular_file(file, error))
      refuse("no such file");
    else if (find_command(name) != nullptr)
      refuse("lcrash has a command of that name");
    else if (name.empty() ||
             name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
                 std::string::npos)
      refuse("a command's name has letters, digits and underscores");
    else
      loaded[name] = std::filesystem::absolute(file, error).string();
  }
  if (!arguments.words.empty()) return {};
  for (const auto& [name, file] : loaded)
    context.print("{:<16} {}\n", visible(name), visible(file));
  return {};
}

Result<void> run_vi(Context& context, const Arguments& arguments) {
  if (arguments.words.size() != 1) return usage("vi");
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    return failure(ErrorCode::not_supported, "an editor needs a terminal, and lcrash has none here");
  const auto& loaded = context.state().loaded;
  const auto command = loaded.find(arguments.words[0]);
  std::error_code error;
  const auto file = std::filesystem::absolute(command == loaded.end() ? arguments.words[0] : command->second, error);
  std::string quoted;
  for (const char letter : file.string())
    quoted += letter == '\'' ? std::string(R"('\'')") : std::string(1, letter);
  if (!context.run_shell(fmt::format("${{VISUAL:-${{EDITOR:-vi}}}} '{}'", quoted)))
    return failure(ErrorCode::script_error, "the editor failed");
  return {};
}

Result<void> run_unload(Context& context, const Arguments& arguments) {
  if (arguments.words.empty()) return usage("unload");
  for (const std::string& word : arguments.words)
    if (context.state().loaded.erase(word) == 0)
      context.complain({ErrorCode::no_such_command, fmt::format("not loaded: {}", visible(word)), {}});
  return {};
}

}  // namespace alicia::lcrash

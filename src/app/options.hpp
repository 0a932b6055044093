// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "session/session.hpp"

namespace alicia::app {

enum class Mode { bare, crash, lcrash };

/// One -e or -x, in the order given.
struct Batch {
  enum class Kind { code, file } kind = Kind::code;
  std::string text;  ///< the code, or the file's name (`-` is standard input)
};

/// The command line, taken apart.
struct Options {
  Mode mode = Mode::bare;
  std::vector<Batch> batches;
  std::vector<std::filesystem::path> ldas_folders;
  session::ApiChoice api = session::ApiChoice::automatic;
  std::optional<std::filesystem::path> configuration;  ///< --config
  bool no_configuration = false;
  bool stop_on_error = false;
  bool quiet = false;
  bool refuse_btf = false;             ///< --no-btf
  bool user_crashrc = false;           ///< --crashrc: run the user's .crashrc once crash is up
  std::vector<std::string> arguments;  ///< files of the bare mode, or all that follows -crash or -lcrash
};

/// Leave at once: print `text`, exit with `status` (0 for help and version, 2 for a usage error).
struct Leave {
  std::string text;
  int status = 0;
};

/// Takes `arguments` (without the program's name) apart. What follows -crash or -lcrash is the debugger's, unread.
std::variant<Options, Leave> parse_options(const std::vector<std::string>& arguments);

}  // namespace alicia::app

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace alicia::script {

/// How a piece of Perl ended.
enum class Outcome {
  done,
  incomplete,  ///< a bracket, quote or here-document is open: nothing ran
};

/// The interpreter as the shell knows it. Errors carry the message to print, without `alicia: `, with file and line
/// where it is a script's; code script_error, interrupted, or that of the Alicia::Error that was thrown.
class ScriptEngine {
 public:
  virtual ~ScriptEngine() = default;

  /// Runs prompt code; `#line` counts from `first_line` of `source` (`-e 1`, a file's name, `prompt`).
  virtual Result<Outcome> run(std::string_view code, std::string_view source, unsigned first_line) = 0;
  /// Loads an LDAS file into main; a file that does not compile changes nothing.
  virtual Result<void> load(const std::filesystem::path& file) = 0;
  /// Calls a command: a sub of main.
  virtual Result<void> call(std::string_view sub, const std::vector<std::string>& words) = 0;
  /// Runs a shipped command from its file: compiled when first used, in a package of its own.
  virtual Result<void> call_shipped(std::string_view command, const std::filesystem::path& file,
                                    const std::vector<std::string>& words) = 0;
  /// As call_shipped, what it prints collected instead.
  virtual Result<std::string> capture_shipped(std::string_view command, const std::filesystem::path& file,
                                              const std::vector<std::string>& words) = 0;

  /// A sub the user defined in main (its glob's stash is main).
  virtual bool defines_sub(std::string_view name) const = 0;
  /// Any sub that main can call by that name: the user's, the API's, an imported one.
  virtual bool has_sub(std::string_view name) const = 0;
  virtual std::vector<std::string> subs() const = 0;
  virtual bool is_package(std::string_view name) const = 0;
  /// The value of `$main::name`, where it is defined.
  virtual std::optional<std::string> scalar(std::string_view name) const = 0;
  /// What the last run, load or call gave to `exit`; 0 where it did not. `exit` ends the script and is no error.
  virtual int exit_status() const = 0;
  /// Writes out what Perl still buffers; to be called before file descriptor 1 changes hands.
  virtual void flush() = 0;
};

}  // namespace alicia::script

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/output.hpp"
#include "debugger/debugger.hpp"
#include "session/command_table.hpp"
#include "session/kernel_api.hpp"
#include "target/target.hpp"

namespace alicia::session {

/// A dump that nobody could open, which is still to be reported on.
struct RefusedDump {
  std::string file;
  std::string reason;
};

enum class ApiChoice { automatic, native, debugger };

/// What options and configuration say.
struct Settings {
  ApiChoice api = ApiChoice::automatic;
  std::vector<std::filesystem::path> ldas_folders;  ///< where `load` looks, after the current folder
  std::filesystem::path shipped_ldas;               ///< the folder whose files are the shipped commands
  std::filesystem::path perl_library;               ///< share/alicia/perl, or perl-api/lib in the build tree
  std::string map_file, kernel_file;                ///< as given on the command line; may be empty
  std::vector<std::string> dump_folders;            ///< folders of dumps, where no single dump is open
  std::optional<RefusedDump> refused;               ///< what could not be opened, where a report is wanted all the same
  bool stop_on_error = false;
  bool quiet = false;
};

/// One opened dump and all that a command is handed. Owns the target and the debugger.
class Session {
 public:
  /// Without target and debugger no dump is open, and whatever asks for one fails.
  Session(Settings settings, std::unique_ptr<target::Target> target, std::unique_ptr<debugger::Debugger> debugger,
          Output& output, Cancellation& cancellation);
  ~Session();

  const Settings& settings() const { return settings_; }
  target::Target* target() { return target_.get(); }
  debugger::Debugger* debugger() { return debugger_.get(); }
  /// The engine's answers, or the debugger's under --api=debugger and where the engine cannot read the dump.
  KernelApi& api() { return *api_; }
  bool api_is_native() const { return api_is_native_; }
  CommandTable& commands() { return commands_; }
  Output& output() { return output_; }
  Cancellation& cancellation() { return cancellation_; }

 private:
  Settings settings_;
  std::unique_ptr<target::Target> target_;
  std::unique_ptr<debugger::Debugger> debugger_;
  std::unique_ptr<KernelApi> api_;
  bool api_is_native_ = false;
  CommandTable commands_;
  Output& output_;
  Cancellation& cancellation_;
};

}  // namespace alicia::session

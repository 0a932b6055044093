// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace alicia::app {
namespace {

/// CLI11 knows one form of use; Alicia has three.
class UsageFormatter final : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*parser*/, std::string /*name*/) const override {
    return "usage: alicia [options] DUMP [VMLINUX|KERNTYPES] [MAP] [MODULE.ko.debug...]\n"
           "       alicia -e \"report(output => 'FOLDER/')\" FOLDER OF DUMPS...\n"
           "       alicia [options] -crash  ARGUMENTS OF CRASH\n"
           "       alicia [options] -lcrash MAP DUMP KERNTYPES\n";
  }
};

/// The options that take a word of their own: `-e -crash` is code, not a mode.
bool takes_word(const std::string& argument) {
  static const std::vector<std::string> options = {"-e", "-x", "-I", "--api", "--config"};
  return std::find(options.begin(), options.end(), argument) != options.end();
}

/// Where -crash or -lcrash stands, or the end.
std::vector<std::string>::const_iterator find_mode(const std::vector<std::string>& arguments) {
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "-crash" || *argument == "-lcrash") return argument;
    if (takes_word(*argument) && std::next(argument) != arguments.end()) ++argument;
  }
  return arguments.end();
}

/// An option of Alicia's behind -crash or -lcrash, where it would be the debugger's to read: one that the debugger has
/// too and that ends it, or that it doesn't have.
std::optional<std::string> misplaced_option(const CLI::App& parser, Mode mode,
                                            const std::vector<std::string>& arguments) {
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    const std::string name = argument->substr(0, argument->find('='));
    if (name.size() < 2 || name[0] != '-' || parser.get_option_no_throw(name) == nullptr) continue;
    const std::string word = std::next(argument) != arguments.end() ? *std::next(argument) : "";
    const bool is_crashs = name == "-x" || (name == "-e" && (word == "vi" || word == "emacs"));
    if (mode == Mode::lcrash || !is_crashs) return name;
  }
  return std::nullopt;
}

}  // namespace

std::variant<Options, Leave> parse_options(const std::vector<std::string>& arguments) {
  const auto mode = find_mode(arguments);
  Options options;
  if (mode != arguments.end()) options.mode = *mode == "-crash" ? Mode::crash : Mode::lcrash;

  CLI::App parser{"A shell for Linux kernel crash dumps.", "alicia"};
  parser.formatter(std::make_shared<UsageFormatter>());
  parser.set_version_flag("-V,--version", "alicia " ALICIA_VERSION);
  const auto batch = [&options](Batch::Kind kind) {
    return [&options, kind](const std::string& text) { options.batches.push_back({kind, text}); };
  };
  const auto each = [&parser](const char* names, const auto& action, const char* help, const char* word) {
    parser.add_option_function<std::string>(names, action, help)
        ->type_name(word)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->trigger_on_parse();
  };
  each("-e", batch(Batch::Kind::code), "run CODE as if typed at the prompt, then leave; may be repeated", "CODE");
  each("-x", batch(Batch::Kind::file), "run a file of prompt lines, then leave; - is standard input", "FILE");
  each(
      "-I", [&options](const std::string& folder) { options.ldas_folders.emplace_back(folder); },
      "one more folder that load looks in", "DIR");
  parser.add_option("--api", options.api, "who answers the API: auto, native, debugger")
      ->type_name("WHO")
      ->transform(
          CLI::Transformer(std::map<std::string, session::ApiChoice>{{"auto", session::ApiChoice::automatic},
                                                                     {"native", session::ApiChoice::native},
                                                                     {"debugger", session::ApiChoice::debugger}})
              .description(""));
  std::string configuration;
  auto* config = parser.add_option("--config", configuration, "read this configuration file only")->type_name("FILE");
  parser.add_flag("--no-config", options.no_configuration, "read no configuration file")->excludes(config);
  parser.add_flag("--stop-on-error", options.stop_on_error, "stop at the first line that fails");
  parser.add_flag("--crashrc", options.user_crashrc, "run ~/.crashrc and ./.crashrc once crash is up");
  parser.add_flag("--no-btf", options.refuse_btf, "take types from DWARF in VMLINUX, not from BTF");
  parser.add_flag("-q", options.quiet, "no banner");
  std::vector<std::string> files;
  parser.add_option("FILES", files, "the dump and its files, told apart by content")->type_name("");

  std::vector<std::string> own(arguments.begin(), mode);
  std::reverse(own.begin(), own.end());  // CLI11 takes words from the back
  try {
    parser.parse(own);
  } catch (const CLI::CallForHelp&) {
    return Leave{parser.help(), 0};
  } catch (const CLI::CallForVersion& version) {
    return Leave{std::string(version.what()) + "\n", 0};
  } catch (const CLI::ParseError& error) {
    return Leave{"alicia: " + std::string(error.what()) + "; see alicia --help\n", 2};
  }
  if (config->count() != 0) options.configuration = configuration;
  if (options.mode == Mode::bare) {
    options.arguments = std::move(files);
    if (options.arguments.empty()) return Leave{"alicia: no dump named; see alicia --help\n", 2};
  } else {
    if (!files.empty()) return Leave{"alicia: " + files.front() + " stands before " + *mode + "\n", 2};
    options.arguments.assign(std::next(mode), arguments.end());
    if (options.arguments.empty()) return Leave{"alicia: no dump named after " + *mode + "; see alicia --help\n", 2};
    if (const auto misplaced = misplaced_option(parser, options.mode, options.arguments))
      return Leave{"alicia: " + *misplaced + " stands after " + *mode + ", and Alicia's options stand before it\n", 2};
  }
  return options;
}

}  // namespace alicia::app

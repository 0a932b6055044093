// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/options.hpp"

#include <optional>

#include "base/escape.hpp"

namespace alicia::lcrash {
namespace {

constexpr const char* kUsage = "usage: lcrash [-r] [-e COMMAND] [-f FILE] [-w OUTFILE] MAP DUMP [KERNTYPES]\n";
constexpr const char* kHelp =
    "\n"
    "  -r          write a report of the dump, then leave\n"
    "  -e COMMAND  run a command, then leave; may be repeated\n"
    "  -f FILE     run a file of commands, then leave; - is standard input\n"
    "  -w OUTFILE  write to this file\n"
    "  -h, -V      this text; the version\n"
    "\n"
    "MAP is the kernel's System.map, DUMP a dump in any format Alicia reads, KERNTYPES a file of types: raw BTF, an\n"
    "object file with DWARF or BTF, or the kernel's vmlinux. It may be left out for a dump that holds its types.\n";

Leave complaint(const std::string& what) {
  return {"lcrash: " + visible(what) + "\n" + kUsage, 2};
}

}  // namespace

std::variant<Options, Leave> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  std::vector<std::string> files;
  bool options_ended = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (options_ended || argument.size() < 2 || argument[0] != '-') {
      files.push_back(argument);
    } else if (argument == "--") {
      options_ended = true;
    } else if (argument == "-h" || argument == "--help") {
      return Leave{std::string(kUsage) + kHelp, 0};
    } else if (argument == "-V" || argument == "--version") {
      return Leave{"lcrash (alicia " ALICIA_VERSION ")\n", 0};
    } else if (argument == "-r") {
      options.batches.push_back({Batch::Kind::report, {}});
    } else if (argument == "-e" || argument == "-f" || argument == "-w") {
      if (i + 1 == arguments.size()) return complaint(argument + " needs a word behind it");
      const std::string& word = arguments[++i];
      if (argument == "-w")
        options.outfile = word;
      else
        options.batches.push_back({argument == "-e" ? Batch::Kind::line : Batch::Kind::file, word});
    } else {
      return complaint("unknown option " + argument);
    }
  }
  if (files.size() < 2) return complaint(files.empty() ? "no files named" : "no dump named");
  if (files.size() > 3) return complaint("one file too many: " + files[3]);
  options.map = files[0];
  options.dump = files[1];
  if (files.size() == 3) options.kerntypes = files[2];
  return options;
}

}  // namespace alicia::lcrash

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "target/target.hpp"

namespace alicia::test {

/// What the factory prints when asked `question` of a scenario: one line each.
inline std::vector<std::string> ask_factory(const std::string& question, const std::string& scenario) {
  const std::string command = std::string(ALICIA_DUMP_FACTORY) + " " + question + " " + scenario + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> lines(1);
  for (int character = 0; pipe && (character = std::fgetc(pipe.get())) != EOF;) {
    if (character == '\n')
      lines.emplace_back();
    else
      lines.back() += static_cast<char>(character);
  }
  if (lines.front().empty()) throw std::runtime_error("the dump factory made no " + scenario);
  return lines;
}

/// Whether this run of the tests looks at a scenario: all with ALICIA_FULL, else those that CI makes.
inline bool in_this_run(const std::string& name) {
  if (std::getenv("ALICIA_FULL") != nullptr) return true;
  std::ifstream made(std::filesystem::path(ALICIA_DUMP_FACTORY).parent_path() / "ci");
  return std::find(std::istream_iterator<std::string>(made), {}, name) != std::istream_iterator<std::string>();
}

/// What a test calls a scenario's kernel: `v6_1`.
inline std::string kernel_name(std::string scenario) {
  scenario.replace(0, scenario.find('-') + 1, "v");
  std::replace(scenario.begin(), scenario.end(), '.', '_');
  return scenario;
}

/// The folder of a scenario's dump, made if it isn't there yet.
inline std::filesystem::path scenario(const std::string& name) {
  return ask_factory("--path", name).front();
}

/// A kernel as its debug package has it.
struct Debuginfo {
  std::filesystem::path vmlinux;
  std::filesystem::path map;
};
inline Debuginfo debuginfo(const std::string& scenario) {
  const auto lines = ask_factory("--debuginfo", scenario);
  if (lines.size() < 2) throw std::runtime_error("the dump factory has no debuginfo of " + scenario);
  return {lines[0], lines[1]};
}

/// A dump, opened with nothing else.
inline std::unique_ptr<target::Target> open_dump(const std::filesystem::path& file) {
  const Cancellation cancellation;
  target::Files files;
  files.dump = {file};
  auto opened = target::Target::open(files, cancellation);
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

/// The dump `file` of a scenario, opened with nothing else.
inline std::unique_ptr<target::Target> open_scenario(const std::string& name, const std::string& file = "dump.kdump") {
  return open_dump(scenario(name) / file);
}

}  // namespace alicia::test

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "target/target.hpp"

namespace alicia::test {

/// The folder of a scenario's dump, made if it isn't there yet.
inline std::filesystem::path scenario(const std::string& name) {
  const std::string command = std::string(ALICIA_DUMP_FACTORY) + " --path " + name + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string path;
  for (int character = 0; pipe && (character = std::fgetc(pipe.get())) != EOF && character != '\n';)
    path += static_cast<char>(character);
  if (path.empty()) throw std::runtime_error("the dump factory made no " + name);
  return path;
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

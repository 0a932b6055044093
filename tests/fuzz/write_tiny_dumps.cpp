// SPDX-License-Identifier: GPL-3.0-or-later
// write_tiny_dumps FOLDER DESCRIPTION…: makes the dumps that the named files describe.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/dump/tiny_dump.hpp"

int main(int count, char** arguments) {
  try {
    if (count < 3) throw std::invalid_argument("usage: write_tiny_dumps FOLDER DESCRIPTION...");
    std::filesystem::create_directories(arguments[1]);
    for (int index = 2; index < count; ++index) {
      std::ifstream description{arguments[index]};
      const std::string text{std::istreambuf_iterator<char>{description}, {}};
      const auto path = std::filesystem::path{arguments[1]} / std::filesystem::path{arguments[index]}.stem();
      std::ofstream{path, std::ios::binary} << alicia::dump::test::tiny_dump(text);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write_tiny_dumps: %s\n", error.what());
    return 1;
  }
}

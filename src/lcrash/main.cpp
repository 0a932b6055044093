// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "lcrash/options.hpp"
#include "lcrash/program.hpp"

int main(int argc, char** argv) {
  const auto parsed = alicia::lcrash::parse_options({argv + 1, argv + argc});
  if (const auto* leave = std::get_if<alicia::lcrash::Leave>(&parsed)) {
    std::fputs(leave->text.c_str(), leave->status == 0 ? stdout : stderr);
    return leave->status;
  }
  return alicia::lcrash::run_program(std::get<alicia::lcrash::Options>(parsed));
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/kdump.hpp"
#include "fuzz/exercise_dump.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace alicia::dump;
  test::exercise(open_kdump({test::memory_file(data, size)}));
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Also the way every file comes in: its format is found out first, whatever it is.
#include "dump/open.hpp"
#include "fuzz/exercise_dump.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace alicia::dump;
  test::exercise(open_files({test::memory_file(data, size)}));
  return 0;
}

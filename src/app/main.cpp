// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>

#include "app/application.hpp"
#include "app/heap.hpp"

namespace {

/// Daemons start programs with these closed: the dump would be opened as standard input and run as a script.
void fill_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1) static_cast<void>(open("/dev/null", O_RDWR));
  }
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  alicia::app::prepare_heap();
  return alicia::app::run_application({argv + 1, argv + argc});
}

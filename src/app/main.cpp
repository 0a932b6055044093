// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.hpp"
#include "app/heap.hpp"

int main(int argc, char** argv) {
  alicia::app::prepare_heap();
  return alicia::app::run_application({argv + 1, argv + argc});
}

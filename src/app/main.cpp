// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.hpp"

int main(int argc, char** argv) {
  return alicia::app::run_application({argv + 1, argv + argc});
}

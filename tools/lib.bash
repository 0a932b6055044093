# SPDX-License-Identifier: GPL-3.0-or-later
# What tools/demo and tools/test share: numbered steps that say how long each took.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
step_number=0
step_began=0

# step TEXT: ends the step before, if any, and announces the next.
step() {
  end_step
  step_number=$((step_number + 1))
  step_began=$SECONDS
  printf '\n== %d. %s\n' "$step_number" "$1"
}

end_step() {
  ((step_number == 0)) || printf '   (%d s)\n' $((SECONDS - step_began))
}

# build PRESET [CMAKE OPTION…]: configures and builds below build/PRESET.
build() {
  (cd "$top" && cmake --preset "$@" --log-level=WARNING && NINJA_STATUS='   [%f/%t, %e s] ' cmake --build --preset "$1")
}

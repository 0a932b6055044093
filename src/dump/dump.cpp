// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/dump.hpp"

namespace alicia::dump {

std::string_view architecture_name(Architecture architecture) {
  switch (architecture) {
    case Architecture::unknown: return "unknown";
    case Architecture::x86_64: return "x86_64";
    case Architecture::i386: return "i386";
    case Architecture::aarch64: return "aarch64";
  }
  return "unknown";
}

}  // namespace alicia::dump

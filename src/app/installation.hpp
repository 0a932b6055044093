// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace alicia::app {

/// Where Alicia's own files lie: found from the executable, so that an installed tree may be moved, and the build tree,
/// which has the same shape, works in place.
struct Installation {
  std::filesystem::path ldas;     ///< PREFIX/share/alicia/ldas
  std::filesystem::path perl;     ///< PREFIX/share/alicia/perl
  std::filesystem::path libexec;  ///< PREFIX/libexec/alicia

  /// From /proc/self/exe. Error: cannot_open, naming what is missing.
  static Result<Installation> find();
};

}  // namespace alicia::app

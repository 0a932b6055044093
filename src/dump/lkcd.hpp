// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// Opens an LKCD dump of versions 1 to 3 or 5 to 10. Errors: truncated_file, corrupt, wrong_architecture (big-endian),
/// not_supported (version 4, which nobody knows, or a compression unknown).
Result<std::unique_ptr<Dump>> open_lkcd(std::shared_ptr<const File> file);

}  // namespace alicia::dump

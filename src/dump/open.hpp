// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// open_dump() for files already open, whatever they are made of. At least one.
Result<std::unique_ptr<Dump>> open_files(std::vector<std::shared_ptr<const File>> files);

}  // namespace alicia::dump

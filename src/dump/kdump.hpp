// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// Opens a kdump-compressed or diskdump file, or all parts of a split one in any order. Errors: truncated_file (ends
/// before its bitmap), corrupt, wrong_architecture, wrong_format (files that are no parts of one dump).
Result<std::unique_ptr<Dump>> open_kdump(std::vector<std::shared_ptr<const File>> files);

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/error.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// True if these first bytes of a file are those of a flattened one.
bool is_flattened(std::span<const std::byte> head);

/// The file that a flattened one stands for. Errors: wrong_format (a version unknown), truncated_file (not one record),
/// corrupt.
Result<std::unique_ptr<File>> unflatten(std::shared_ptr<const File> file);

}  // namespace alicia::dump

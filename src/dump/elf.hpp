// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// Opens an ELF vmcore: a dump by the kernel or makedumpfile, QEMU's, or /proc/kcore. Errors: wrong_format (another
/// kind of ELF file; the message names it), wrong_architecture (big-endian), truncated_file, corrupt.
Result<std::unique_ptr<Dump>> open_elf(std::shared_ptr<const File> file);

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
// A dump is read in scraps: a descriptor of 24 bytes here, a page packed into a kilobyte there, and the next page's
// just behind. Each would be a system call. Here short reads go through blocks of the file that are kept for a while.
#pragma once

#include <memory>

#include "dump/file.hpp"

namespace alicia::dump {

/// `file`, its short reads put together from blocks; what a block holds is not looked at again while it is kept. A file
/// that changes is given back as it is.
std::unique_ptr<File> buffered(std::unique_ptr<File> file);

}  // namespace alicia::dump

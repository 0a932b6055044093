// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.hpp"
#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// Who reads a file.
enum class Format : std::uint8_t { kdump, elf, flattened, lkcd, none };

/// A file's format as its first bytes tell it, and what to call it where no reader is for it.
struct Recognised {
  Format format = Format::none;
  FileIdentity identity;
};

/// Errors: page_unreadable.
Result<Recognised> recognise(const File& file);

}  // namespace alicia::dump

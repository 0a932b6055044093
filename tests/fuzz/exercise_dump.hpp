// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "dump/dump.hpp"
#include "dump/file.hpp"

namespace alicia::dump::test {

/// Bytes in memory as a file.
std::shared_ptr<const File> memory_file(const std::uint8_t* data, std::size_t size);

/// Reads what an engine would of a dump that was opened: pages at both ends and between, ranges across pages, all that
/// the headers told. Aborts where the dump contradicts itself.
void exercise(const Result<std::unique_ptr<Dump>>& dump);

}  // namespace alicia::dump::test

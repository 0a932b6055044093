// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"

namespace alicia {

/// A part of a region that could not be read, and why.
struct Hole {
  VirtualAddress begin;
  VirtualAddress end;  ///< exclusive
  Error error;
};

/// Reads a region of any size, on several threads where it is big enough for that to pay (decompressing a page costs
/// some 30 µs). What cannot be read stays as it is in `out` and is returned, by address, neighbours of one cause
/// joined.
std::vector<Hole> read_region(const MemoryReader& memory, VirtualAddress address, std::span<std::byte> out);

}  // namespace alicia

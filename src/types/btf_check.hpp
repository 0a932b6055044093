// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.hpp"

namespace alicia::types {

/// What a BTF blob's numbers may refer to: its own types and strings come after those of the base it is split from.
struct BtfExtent {
  std::uint32_t types = 1;    ///< void included
  std::uint32_t strings = 0;  ///< bytes
};

/// Checks that `data` is BTF all of whose lengths, string offsets and type numbers stay within it and `base`, and in
/// which no chain of typedefs, qualifiers, pointers and arrays runs in a circle. Gives the extent with `data` added.
/// Errors: wrong_format, truncated_file, corrupt, not_supported (a kind or byte order this program does not know).
Result<BtfExtent> check_btf(std::span<const std::byte> data, BtfExtent base = {});

}  // namespace alicia::types

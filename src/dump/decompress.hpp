// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace alicia::dump {

/// How a page's bytes are stored. `rle` is LKCD's.
enum class Compression : std::uint8_t { none, zlib, lzo, snappy, zstd, rle };

std::string_view compression_name(Compression compression);

/// Unpacks one page: exactly out.size() bytes, or an error (page_unreadable) that says what is wrong with them.
Result<void> decompress(Compression compression, std::span<const std::byte> packed, std::span<std::byte> out);

}  // namespace alicia::dump

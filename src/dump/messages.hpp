// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "dump/file.hpp"

namespace alicia::dump {

/// 1234567 as `1,234,567`.
std::string grouped(std::uint64_t number);

/// `dump.kdump is truncated: 8765432 of 17500000 bytes; 4,321 of 9,876 pages lie beyond its end`
std::string truncation_message(const File& file, std::uint64_t whole_size, std::uint64_t lost_pages,
                               std::uint64_t pages);

/// The failure of a page for one of the reasons absence_reason() knows.
tl::unexpected<Error> absent_page(ErrorCode code);

}  // namespace alicia::dump

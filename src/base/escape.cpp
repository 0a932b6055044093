// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace alicia {
namespace {

/// Length of the well-formed UTF-8 sequence of a printable character at the start of `text`, or 0.
std::size_t printable_sequence(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (first > 0xf4 || length == 0 || text.size() < length) return 0;
  unsigned code = first & (0xffU >> (length + 1));
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xc0U) != 0x80U) return 0;
    code = (code << 6U) | (byte(index) & 0x3fU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  const bool control = code < 0xa0;
  const bool reorders = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                        (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
  return overlong || surrogate || control || reorders || code > 0x10ffff ? 0 : length;
}

}  // namespace

std::string visible(std::string_view hostile, bool keep_lines) {
  const auto is_plain = [](char each) { return each >= 0x20 && each < 0x7f; };
  if (std::ranges::all_of(hostile, is_plain)) return std::string(hostile);
  std::string shown;
  shown.reserve(hostile.size());
  while (!hostile.empty()) {
    const char first = hostile.front();
    std::size_t length = 1;
    if (keep_lines && (first == '\n' || first == '\t')) {
      shown += first;
    } else if (const std::size_t printable = printable_sequence(hostile); printable != 0) {
      length = printable;
      shown += hostile.substr(0, length);
    } else {
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", static_cast<unsigned char>(first));
    }
    hostile.remove_prefix(length);
  }
  return shown;
}

}  // namespace alicia

// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/messages.hpp"

#include <fmt/format.h>

#include "dump/dump.hpp"

namespace alicia::dump {

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;)
    text.insert(at -= 3, 1, ',');
  return text;
}

std::string truncation_message(const File& file, std::uint64_t whole_size, std::uint64_t lost_pages,
                               std::uint64_t pages) {
  return fmt::format("{} is truncated: {} of {} bytes; {} of {} pages lie beyond its end",
                     file.path().filename().string(), file.size(), whole_size, grouped(lost_pages), grouped(pages));
}

tl::unexpected<Error> absent_page(ErrorCode code) {
  return failure(code, std::string{absence_reason(code)});
}

}  // namespace alicia::dump

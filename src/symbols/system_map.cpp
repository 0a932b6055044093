// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/system_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/escape.hpp"

namespace alicia::symbols {

Result<std::unique_ptr<SystemMap>> SystemMap::open(const std::filesystem::path& path, Relocation relocation) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return failure(ErrorCode::cannot_open, fmt::format("cannot read {}", visible(path.string())));
  std::unique_ptr<SystemMap> map(new SystemMap);
  map->relocation_ = relocation;
  if (auto parsed = map->parse(text.view(), path); !parsed) return failure(std::move(parsed));
  return map;
}

Result<void> SystemMap::parse(std::string_view text, const std::filesystem::path& path) {
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    std::uint64_t address = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    const auto digits = static_cast<std::size_t>(end - line.data());
    if (error != std::errc{} || line.size() < digits + 4 || line[digits] != ' ' || line[digits + 2] != ' ')
      return failure(ErrorCode::wrong_format,
                     fmt::format("{}: line {} is not of the form `address type name`", visible(path.string()), number));
    // What Debian's kernel packages have below /boot.
    if (line.find("The real System.map is in the linux-image-") != std::string_view::npos)
      return failure(ErrorCode::wrong_format,
                     fmt::format("{} stands in for a System.map: the real one is in Debian's package "
                                 "linux-image-RELEASE-dbg",
                                 visible(path.string())));
    const VirtualAddress moved = relocation_(VirtualAddress{address});
    table_.add(moved, line[digits + 1], line.substr(digits + 3));
    end_ = std::max(end_, moved);
  }
  table_.finish();
  return {};
}

std::optional<SymbolAndOffset> SystemMap::at(VirtualAddress address) const {
  if (address < relocation_.image_base || address > end_) return std::nullopt;
  return table_.at(address);
}

}  // namespace alicia::symbols

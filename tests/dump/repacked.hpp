// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <snappy.h>

#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "dump/pages.hpp"

namespace alicia::dump::test {

/// The dump in `kdump`, its pages packed with snappy as `makedumpfile -p` does it: header, bitmaps and order of the
/// pages as they were, a page that snappy doesn't make smaller as it is, and all pages of zeros in one place. (No
/// makedumpfile of Debian's is built with snappy.)
inline std::string repacked_with_snappy(const std::filesystem::path& kdump) {
  constexpr std::uint32_t snappy_flag = 4;
  constexpr std::size_t status_at = 424, descriptor_bytes = 24;
  std::ifstream stream(kdump, std::ios::binary);
  std::string head(8192, '\0');
  if (!stream.read(head.data(), 8192)) throw std::runtime_error("cannot read " + kdump.string());
  const auto number = [&head](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, head.data() + at, sizeof value);
    return std::size_t{value};
  };
  const std::size_t block = number(428);
  const std::size_t descriptors_at = (1 + number(432) + number(436)) * block;
  std::string out(descriptors_at, '\0');
  stream.seekg(0);
  if (!stream.read(out.data(), static_cast<std::streamsize>(out.size()))) throw std::runtime_error("a short header");
  std::memcpy(out.data() + status_at, &snappy_flag, sizeof snappy_flag);

  const auto dump = open_or_throw({kdump});
  std::vector<PageFrame> frames;
  for (std::uint64_t frame = 0; frame < dump->info().max_page_frame; ++frame)
    if (dump->holds(PageFrame{frame})) frames.push_back(PageFrame{frame});
  std::string data, descriptors, packed;
  std::map<std::string, std::string> known;  // the one page of zeros
  for (const PageFrame frame : frames) {
    const auto page = dump->page(frame);
    if (!page) throw std::runtime_error(page.error().message);
    const std::string bytes(reinterpret_cast<const char*>(page->bytes.get()), block);
    std::string descriptor(descriptor_bytes, '\0');
    const bool zero = is_zero(*page, block);
    if (const auto found = known.find(bytes); zero && found != known.end()) {
      descriptors += found->second;
      continue;
    }
    snappy::Compress(bytes.data(), bytes.size(), &packed);
    const bool smaller = packed.size() < block;
    const std::string& stored = smaller ? packed : bytes;
    const std::uint64_t offset = descriptors_at + frames.size() * descriptor_bytes + data.size();
    const auto size = static_cast<std::uint32_t>(stored.size());
    const std::uint32_t flags = smaller ? snappy_flag : 0;
    std::memcpy(descriptor.data(), &offset, sizeof offset);
    std::memcpy(descriptor.data() + 8, &size, sizeof size);
    std::memcpy(descriptor.data() + 12, &flags, sizeof flags);
    data += stored;
    descriptors += descriptor;
    if (zero) known.emplace(bytes, descriptor);
  }
  return out + descriptors + data;
}

}  // namespace alicia::dump::test

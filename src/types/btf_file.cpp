// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "types/btf_source.hpp"
#include "types/elf_file.hpp"

namespace alicia::types {

Result<std::unique_ptr<BtfSource>> BtfSource::open(const std::filesystem::path& path, BtfSource* base) {
  constexpr std::size_t largest_file = 256U << 20U;  // of raw BTF; a kernel's is some 5 MB
  auto source = ElfFile::open(path)
                    .and_then([](const ElfFile& file) {
                      return file.is_elf() ? file.section(".BTF") : file.contents(largest_file);
                    })
                    .and_then([&](const std::vector<std::byte>& bytes) { return create(bytes, base); });
  if (!source) source.error().message = fmt::format("{}: {}", path.string(), source.error().message);
  return source;
}

}  // namespace alicia::types

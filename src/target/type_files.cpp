// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/type_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/escape.hpp"
#include "symbols/elf_symbols.hpp"
#include "types/dwarf_source.hpp"
#include "types/elf_file.hpp"

namespace alicia::target {

Result<std::unique_ptr<types::TypeSource>> open_type_file(const std::filesystem::path& path, bool refuse_btf,
                                                          types::BtfSource* kernel) {
  std::string no_btf;
  if (!refuse_btf) {
    auto btf = types::BtfSource::open(path, kernel);
    if (btf) return std::unique_ptr<types::TypeSource>(std::move(*btf));
    if (btf.error().code == ErrorCode::cannot_open) return failure(btf);
    no_btf = fmt::format("{}; ", btf.error().message);
  }
  auto dwarf = types::DwarfSource::open(path);
  if (dwarf) return std::unique_ptr<types::TypeSource>(std::move(*dwarf));
  return failure(dwarf.error().code, no_btf + dwarf.error().message);
}

bool is_module_file(const std::filesystem::path& path) {
  const auto file = types::ElfFile::open(path);
  return file && file->is_elf() && file->has_section(".gnu.linkonce.this_module");
}

std::vector<std::filesystem::path> find_debug_files(const std::filesystem::path& folder, std::string_view build_id,
                                                    std::string_view release) {
  const bool is_hexadecimal =
      build_id.size() > 2 && build_id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (folder.empty() || !is_hexadecimal) return {};
  const std::string id(build_id);
  std::vector<std::filesystem::path> places{folder / ".build-id" / id.substr(0, 2) / (id.substr(2) + ".debug")};
  if (!release.empty() && release.find_first_of("/\0") == std::string_view::npos && release.front() != '.') {
    const std::string name(release);
    places.push_back(folder / "boot" / ("vmlinux-" + name));
    places.push_back(folder / "lib/modules" / name / "vmlinux");
    places.push_back(std::filesystem::path("/lib/modules") / name / "vmlinux");
    places.push_back(std::filesystem::path("/lib/modules") / name / "build/vmlinux");
    places.push_back(std::filesystem::path("/boot") / ("vmlinux-" + name));
  }
  std::vector<std::filesystem::path> found;
  for (auto& place : places) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(place, none)) continue;
    const auto its = symbols::elf_build_id(place);
    if (its && *its == build_id) found.push_back(std::move(place));
  }
  return found;
}

}  // namespace alicia::target

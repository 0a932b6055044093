// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "types/btf_source.hpp"
#include "types/type.hpp"

namespace alicia::target {

/// The types of a file: its BTF (a raw file's or a section's) unless `refuse_btf`, else its DWARF. `kernel` is what the
/// BTF of a module continues; null: the file is no module's. Errors: cannot_open, wrong_format, those of BTF.
Result<std::unique_ptr<types::TypeSource>> open_type_file(const std::filesystem::path& path, bool refuse_btf,
                                                          types::BtfSource* kernel = nullptr);

/// Whether an ELF file is a module or what was split off one.
bool is_module_file(const std::filesystem::path& path);

/// The files below `folder` and in the kernel's own places that have this build-id, and may so be the debug information
/// of the kernel `release`. Both come from a dump.
std::vector<std::filesystem::path> find_debug_files(const std::filesystem::path& folder, std::string_view build_id,
                                                    std::string_view release);

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::lcrash {

/// The addresses of the vm_area_structs of an mm_struct, by what they map; and why not all could be found.
struct AreaList {
  std::vector<VirtualAddress> areas;
  std::optional<Error> broken;
};
Result<AreaList> list_areas(target::Target& target, VirtualAddress mm, const Cancellation& cancellation);

/// What a vm_area_struct says, as /proc/PID/maps does.
struct MemoryArea {
  VirtualAddress begin, end;
  std::string permissions;   ///< `rw-p`
  std::uint64_t offset = 0;  ///< in the file, bytes
  std::string name;          ///< the file's path, or `[heap]`; mostly empty otherwise. Not yet fit for a terminal
};
/// Errors: those of reading the area. A path that cannot be read is `?` from there on.
Result<MemoryArea> read_area(target::Target& target, VirtualAddress mm, VirtualAddress area);

}  // namespace alicia::lcrash

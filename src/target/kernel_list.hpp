// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "base/error.hpp"
#include "base/memory_reader.hpp"

namespace alicia::target {

/// Calls `visit` with the address of each `struct list_head` linked behind `head`, until it returns false.
/// Errors: that of reading a link; corrupt where the list runs in a circle that leaves out its head, or is endless.
Result<void> walk_list(const MemoryReader& memory, VirtualAddress head, unsigned pointer_bytes,
                       const std::function<bool(VirtualAddress)>& visit);

}  // namespace alicia::target

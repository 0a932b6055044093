// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace alicia::target {

/// The type of a kernel global as C writes it (`struct task_struct`), for kernels whose BTF types only per-CPU
/// variables.
std::optional<std::string_view> declared_type(std::string_view symbol);

}  // namespace alicia::target

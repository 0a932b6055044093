// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "trace/function_names.hpp"

namespace alicia::trace {

/// What trace_printk() was told to print: it keeps the format's address and the arguments, packed as the kernel's
/// vbin_printf() packs them. Arguments that are missing end the text, `(cut off)`.
std::string format_binary(std::string_view format, std::span<const std::byte> arguments, FunctionNames& names);

}  // namespace alicia::trace

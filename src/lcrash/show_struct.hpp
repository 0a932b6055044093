// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "lcrash/c_format.hpp"
#include "lcrash/context.hpp"

namespace alicia::lcrash {

/// Prints all of the struct at this address, as `print` would. @param type with its keyword: `struct page`
/// Errors: those of finding the type, and of format_operand().
Result<void> show_struct(Context& context, std::string_view type, VirtualAddress address, Radix radix);

}  // namespace alicia::lcrash

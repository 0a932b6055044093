// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace alicia {

/// Text from a dump or a debugger made harmless for a terminal: control characters and broken UTF-8 become `\xNN`;
/// tab and newline stay where `keep_lines` is set.
std::string visible(std::string_view hostile, bool keep_lines = false);

}  // namespace alicia

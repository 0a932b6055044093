// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debugger/asked_types.hpp"
#include "debugger/connection.hpp"

namespace alicia::debugger {

/// Types as the gdb in crash knows them.
class CrashTypes final : public AskedTypes {
 public:
  CrashTypes(Connection::Ask ask, unsigned pointer_bytes);
};

}  // namespace alicia::debugger

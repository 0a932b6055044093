// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debugger/asked_types.hpp"
#include "debugger/connection.hpp"
#include "debugger/lcrash_queries.hpp"

namespace alicia::debugger {

/// Types as lcrash knows them from its Kerntypes.
class LcrashTypes final : public AskedTypes {
 public:
  /// `queries` has to live as long.
  LcrashTypes(Connection::Ask ask, LcrashQueries& queries, unsigned pointer_bytes);
};

}  // namespace alicia::debugger

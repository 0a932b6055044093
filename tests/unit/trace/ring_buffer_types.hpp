// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "unit/target/made_types.hpp"

namespace alicia::test {

/// Declares the structs of a ring's pages: list_head, buffer_page (40 bytes), buffer_data_page (16, data behind them).
inline void declare_ring_pages(MadeTypes& types) {
  const auto quad = types.integer(8);
  const auto pointer = types.pointer();
  const auto list =
      types.structure("list_head", 16, {MadeTypes::member("next", pointer, 0), MadeTypes::member("prev", pointer, 8)});
  types.structure("buffer_page", 40,
                  {MadeTypes::member("list", list, 0), MadeTypes::member("read", types.integer(4), 16),
                   MadeTypes::member("page", pointer, 24)});
  types.structure("buffer_data_page", 16,
                  {MadeTypes::member("time_stamp", quad, 0), MadeTypes::member("commit", quad, 8),
                   MadeTypes::member("data", types.array(types.integer(1), 0), 16)});
}

}  // namespace alicia::test

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/cancellation.hpp"
#include "dump/dump.hpp"

namespace alicia::dump {

/// Calls visit(PageFrame) for each page the dump holds, in order, until it returns false, the search is cancelled, or
/// the dump was asked for `most_asked` frames.
template <class Visit>
void for_each_held(const Dump& dump, std::uint64_t most_asked, const Cancellation& cancellation, Visit&& visit) {
  const PageFrame end{dump.info().max_page_frame};
  PageFrame frame = dump.next_possible(PageFrame{0});
  for (std::uint64_t asked = 0; frame < end && asked < most_asked && !cancellation.requested(); ++asked) {
    if (dump.holds(frame) && !visit(frame)) return;
    frame = dump.next_possible(frame + 1);
  }
}

}  // namespace alicia::dump

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace alicia::app {

/// Lets the heap grow in few large steps and, where the system has them, of huge pages. Opening a dump allocates some
/// 20 MB at once (types, names, Perl), and taking that as five thousand page faults costs a fifth of the start.
/// To be called before anything large is allocated; where nothing comes of it, nothing is lost.
void prepare_heap();

}  // namespace alicia::app

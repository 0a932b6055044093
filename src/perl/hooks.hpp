// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "perl/state.hpp"
//
#include "perl/perl_headers.hpp"

namespace alicia::perl {

/// Makes perl ask, before every op and whenever it looks for signals, whether it should stop.
void install_hooks(pTHX_ State& state);
/// Before perl is taken down: it must not ask any more.
void remove_hooks(pTHX_ State& state);

/// Keeps warnings back until the first statement runs: a line that turns out to be unfinished is compiled again, and
/// would warn again.
void collect_warnings(pTHX_ State& state);
/// Ends that, with or without showing what was kept back. Nothing happens where it ended already.
void release_warnings(pTHX_ State& state, bool show);

}  // namespace alicia::perl

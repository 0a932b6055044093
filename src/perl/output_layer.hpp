// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "perl/state.hpp"
//
#include "perl/perl_headers.hpp"

namespace alicia::perl {

/// Makes the layer known by name, `:alicia`, to scripts that copy a handle's layers.
void define_output_layer(pTHX);

/// Puts STDOUT on the session's output, where a script left it somewhere else or where it never was.
void attach_output(pTHX);

/// Takes the layer off again.
void detach_output(pTHX_ State& state);

/// Hands what STDOUT buffers to the session's output, or to the capture that is on. A reader that went away stops Perl.
bool flush_output(State& state);

/// From here on, what STDOUT and child processes print is collected; captures nest. False (errno) where the system
/// refuses.
bool begin_capture(State& state);
/// What was collected since the last begin_capture.
std::string end_capture(State& state);
/// Ends all captures that a longjmp left on.
void drop_captures(State& state);

}  // namespace alicia::perl

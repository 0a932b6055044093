// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// perl.h defines thousands of macros, some of which break C++ headers that come later: a source file includes this one
// after every other header. Nothing else includes perl.h. Those headers that break come first, for the source file that
// is compiled behind another one in a unity build.
#include <fmt/format.h>

#define PERL_NO_GET_CONTEXT
// The order is perl's.
// clang-format off
#include <EXTERN.h>
#include <perl.h>
#include <XSUB.h>
#include <perliol.h>
// clang-format on

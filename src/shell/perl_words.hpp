// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

namespace alicia::shell {

/// A word that begins Perl whatever follows it: declarations, flow control, blocks, infix word operators, and
/// `print printf say die`. Not `foreach` and `eval`, which are commands too, nor `x`, gdb's command.
bool is_perl_keyword(std::string_view word);
/// `q qq qw qr qx m s tr y`.
bool is_quote_operator(std::string_view word);
/// Any name Perl 5.36 knows by itself: its named functions and the words above.
bool is_perl_word(std::string_view word);
/// Perl's named functions and keywords, for suggestions and completion.
std::vector<std::string_view> perl_words();

}  // namespace alicia::shell

# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Swap;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table);
use Alicia::Linux::Swap     qw(swap_table);

sub title    ($class) { return 'Swap' }
sub order    ($class) { return 80 }
sub shown_by ($class) { return 'swap' }
sub sources  ($class) { return ('swap_info', 'struct swap_info_struct') }

sub about ($class) {
    return 'Where memory is moved out to when it is short, and how much was there.';
}

sub blocks ($class, $report) {
    return table(swap_table());
}

1;

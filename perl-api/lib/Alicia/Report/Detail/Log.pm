# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Detail::Log;

use v5.36;
use parent 'Alicia::Report::Detail';
use Alicia::Linux::Log qw(format_record);
use Alicia::Text       qw(visible);

sub file  ($class) { return 'log.txt' }
sub order ($class) { return 10 }

sub print_to ($class, $handle, $report) {
    print {$handle} visible(format_record($_), 1) for $report->records;
    return;
}

1;

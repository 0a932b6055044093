# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Refused::StopLog;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text note);
use Alicia::Text            qw(visible);

sub title   ($class) { return 'Stop Log' }
sub order   ($class) { return 40 }
sub sources ($class) { return ('log records found in the pages') }

sub blocks ($class, $report) {
    my @records = $report->records;
    return note('No records of a kernel\'s log were found in the file.') if !@records;
    return (
        note('Found by searching the pages: times and levels are missing, and so are lines whose pages are.'),
        text(visible(join('', map {"$_->{text}\n"} @records), 1)),
    );
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::StopLog;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text note);
use Alicia::Linux::Log      qw(last_oops format_record);
use Alicia::Text            qw(visible);

sub title    ($class) { return 'Stop Log' }
sub order    ($class) { return 20 }
sub shown_by ($class) { return 'log' }
sub sources  ($class) { return 'prb' }

sub about ($class) {
    return 'What the kernel wrote last, with the seconds since it started. Below "Call Trace:" each function was '
        . 'called by the one in the next line; a ? marks what may be left from before.';
}

sub blocks ($class, $report) {
    my @records = $report->records;
    my @stop    = last_oops(@records);
    my @notes;
    if (!@stop) {
        push @notes, note('The log has no fault and no panic; these are its last lines.');
        @stop = @records > 40 ? @records[-40 .. -1] : @records;
    }
    return (@notes, text(join '', map { visible(format_record($_), 1) } @stop));
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Refused::WhatHappened;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Linux::Log      qw(panic_message last_oops);
use Alicia::Report::Section qw(text note heading pairs);
use Alicia::Text            qw(visible);

sub title   ($class) { return 'What Happened' }
sub order   ($class) { return 10 }
sub sources ($class) { return ('the file', 'log records found in its pages') }

sub blocks ($class, $report) {
    my @blocks = (
        note('The dump cannot be opened, so what the kernel did can only be told from what lies in the file.'),
        pairs(['Why', visible($report->reason)]),
    );
    my @records = $report->records;
    my $stop    = panic_message(@records);
    return (@blocks, note('No log of the kernel was found in the file, so why it stopped is not known.')) if !@records;
    return (@blocks, note('The log found in the file says nothing of a panic.')) if !defined $stop;
    my $lines = join '', map {"$_->{text}\n"} last_oops(@records);
    return (
        @blocks,
        pairs(['The kernel said', visible($stop)]),
        heading('The last lines of its log'),
        text(visible($lines, 1)),
    );
}

1;

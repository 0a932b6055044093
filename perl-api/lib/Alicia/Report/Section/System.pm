# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::System;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(pairs);
use Alicia::Linux::Summary  qw(panic_summary);

sub title    ($class) { return 'System & Dump Information' }
sub order    ($class) { return 10 }
sub shown_by ($class) { return 'sys -p' }
sub sources  ($class) { return qw(init_uts_ns tk_core avenrun node_data prb) }

sub about ($class) {
    return
        'The machine, its kernel and this file. LOAD AVERAGE is how many tasks ran, wanted to run or waited for a disk, '
        . 'over the last 1, 5 and 15 minutes. PID, COMMAND, TASK, CPU and STATE are of the task that ran where the kernel '
        . 'stopped.';
}

sub blocks ($class, $report) {
    return pairs($report->facts, panic_summary());
}

1;

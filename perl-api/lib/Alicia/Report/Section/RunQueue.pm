# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::RunQueue;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text);
use Alicia::Linux::RunQueue qw(run_queues run_queue_text);

sub title    ($class) { return 'Run Queue' }
sub order    ($class) { return 60 }
sub shown_by ($class) { return 'runq' }
sub sources  ($class) { return ('runqueues', 'struct rq') }

sub blocks ($class, $report) {
    return text(join "\n", map { run_queue_text($_) } run_queues());
}

1;

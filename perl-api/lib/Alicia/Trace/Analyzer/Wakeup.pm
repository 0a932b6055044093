# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Wakeup;

use v5.36;
use parent 'Alicia::Trace::Analyzer';
use Alicia::Text qw(visible);

=head1 NAME

Alicia::Trace::Analyzer::Wakeup - how long each task waited for a CPU after it was woken

=head1 DESCRIPTION

From C<sched:sched_wakeup> to the next C<sched:sched_switch> to the task; of several wakeups before that the last counts. A
task that was woken while it still ran may have a wakeup that no switch belongs to.

=head2 analyze

A line for each task: C<pid, comm, count, average, max, min> and percentiles.

=cut

sub formats ($self) { return 'stat' }

sub analyze ($self, $records, $out, %how) {
    my $pairs = $records->pairs(
        begin     => 'sched:sched_wakeup',
        end       => 'sched:sched_switch',
        begin_key => 'pid',
        end_key   => 'next_pid',
        group     => 'pid'
    );
    $self->head($records, $out, 'pid, comm');
    return $self->table($records, $pairs, $out, sub ($pid, $record) { return ($pid, visible($record->field('comm'))) });
}

1;

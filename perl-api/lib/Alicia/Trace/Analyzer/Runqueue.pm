# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Runqueue;

use v5.36;
use parent 'Alicia::Trace::Analyzer';
use Alicia::Linux::System ();
use POSIX                 ();

=head1 NAME

Alicia::Trace::Analyzer::Runqueue - how many tasks each CPU had to run

=head1 DESCRIPTION

From the events of C<sched>: C<sched_switch>, C<sched_wakeup>, C<sched_wakeup_new>, C<sched_migrate_task>. A task is on a
CPU's queue from its wakeup, or from when it is first seen running there, until it is switched from and not runnable. Tasks
that waited all the time before a CPU's first idle moment are not seen; until then the length is a lower bound, and a line
says so.

=head2 analyze

A line for each switch: C<CPU-n, runqueue>, when, the tasks that are on the queue then, the one that runs included, and the
PID switched from. When is date and time by the dump's clock, or the count of a clock that counts no time.

=cut

sub analyze ($self, $records, $out, %how) {
    my %kind;
    for my $name (qw(sched_switch sched_wakeup sched_wakeup_new sched_migrate_task)) {
        $kind{$_} = $name for $records->kinds("sched:$name");
    }
    my $lengths = $self->lengths($records, \%kind);
    my $is_time = $self->unit($records) eq 'nanoseconds';
    my $boot    = $is_time ? Alicia::Linux::System::boot_time() : 0;
    $out->("cpuid, cpu, start, delta_value\n");
    my %noted;
    for my $switch (@$lengths) {
        my ($recid, $cpu, $length, $from, $exact) = @$switch;
        if ($exact ? ($noted{$cpu} // 'exact') eq 'bound' : !$noted{$cpu}) {
            $out->("# CPU-$cpu: a lower bound ", ($exact ? 'until here' : 'from here'), "\n");
        }
        $noted{$cpu} = $exact ? 'exact' : 'bound';
        my $time = $records->at($recid)->time;
        $out->(join(', ', "CPU-$cpu", 'runqueue', $is_time ? _date($boot, $time) : $time, $length, $from), "\n");
    }
    return;
}

# By the clock of the printk log, whose zero is the time of boot.
sub _date ($boot, $time) {
    my $whole = int $boot;
    my $nanos = int(($boot - $whole) * 1e9) + $time;
    return POSIX::strftime('%Y/%m/%d %H:%M:%S', localtime($whole + int($nanos / 1e9))) . sprintf '.%09d',
        $nanos % 1_000_000_000;
}

=head2 lengths($records, \%kinds)

For each switch a reference to recid, CPU, length behind it, PID switched from, and whether the length is exact. %kinds has
the four events' names by their ids.

=cut

sub lengths ($self, $records, $kinds) {
    my (%cpu_of, %count, %exact, @found);
    my $enter = sub ($pid, $cpu) {
        return                  if $pid == 0 || ($cpu_of{$pid} // -1) == $cpu;
        $count{$cpu_of{$pid}}-- if defined $cpu_of{$pid};
        $cpu_of{$pid} = $cpu;
        $count{$cpu}++;
    };
    my $leave = sub ($pid) {
        my $cpu = delete $cpu_of{$pid};
        $count{$cpu}-- if defined $cpu;
    };
    for my $recid ($records->select(types => [keys %$kinds])) {
        my $record = $records->at($recid);
        my $name   = $kinds->{$record->type};
        if ($name eq 'sched_switch') {
            my ($cpu, $from, $to) = ($record->cpu, $record->field('prev_pid'), $record->field('next_pid'));
            if ($record->field('prev_state') & 0xff) {
                $leave->($from);
            } else {
                $enter->($from, $cpu);
            }
            $enter->($to, $cpu);
            if ($to == 0) {    # an idle CPU has nothing to run
                delete $cpu_of{$_} for grep { $cpu_of{$_} == $cpu } keys %cpu_of;
                $count{$cpu} = 0;
                $exact{$cpu} = 1;
            }
            push @found, [$recid, $cpu, $count{$cpu} // 0, $from, $exact{$cpu} // 0];
        } elsif ($name eq 'sched_migrate_task') {
            my $pid = $record->field('pid');
            $enter->($pid, $record->field('dest_cpu')) if defined $cpu_of{$pid};
        } else {
            $enter->($record->field('pid'), $record->field('target_cpu'));
        }
    }
    return \@found;
}

1;
